; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    xor eax, eax
    nop word ptr [rax + rax]
    nop word ptr [rax + rax]
    nop dword ptr [rax + rax]
L1:
    cmp rsp, qword ptr [r15]
    jb L2
    add rax, rsi
    add edi, -1
    jne L1
    pop rbp
    ret
L2:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    cmp edi, 1
    jb L1
    je L2
    jmp L3
L1:
    mov eax, 0xa
    pop rbp
    ret
L2:
    mov eax, 0x14
    pop rbp
    ret
L3:
    mov eax, edi
    and eax, 7
    cmp eax, 6
    jae L4
    lea rcx, [data + 0]
    movsxd rdx, dword ptr [rcx + rax*4]
    add rdx, rcx
    jmp rdx
    mov eax, edi
    pop rbp
    ret
L4:
    call qword ptr [r15 + 8] ; UNREACHABLE
    int3
data: cfffffffd6ffffff f7ffffffcfffffff d6fffffff7ffffff

; wasm_function[0,2]
    push rbp
    mov rbp, rsp
    test edi, edi
    jne L1
    test rsi, rsi
    je L2
    cmp edi, 9
    ja L3
    pop rbp
    ret
L1:
    call qword ptr [r15 + 8] ; TABLE_OUT_OF_BOUNDS
    int3
L2:
    call qword ptr [r15 + 8] ; INDIRECT_CALL_TO_NULL
    int3
L3:
    call qword ptr [r15 + 8] ; BAD_SIGNATURE
    int3

; wasm_function[0,3]
    push rbp
    mov rbp, rsp
    mov rax, qword ptr [r15 + 0x10]
    jmp qword ptr [rax + 0x10]

