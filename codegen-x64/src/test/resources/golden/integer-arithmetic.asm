; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    lea eax, [rdi + 5]
    add eax, 0xfffff000
    lea eax, [rax + rsi*8]
    mov ebx, eax
    imul ebx, edi
    mov r8d, esi
    sub r8d, ebx
    movsxd rbx, r8d
    lea rdx, [rdx + rbx*4]
    sub rdx, rax
    movsxd rax, edi
    movsxd rsi, esi
    imul rax, rsi
    add rax, rdx
    mul rcx
    neg rdx
    mov rax, rdx
    pop rbp
    ret
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    lea eax, [rdi + 5]
    add eax, 0xfffff000
    lea eax, [rax + rsi*8]
    mov ebx, eax
    imul ebx, edi
    mov r8d, esi
    sub r8d, ebx
    movsxd rbx, r8d
    lea rdx, [rdx + rbx*4]
    sub rdx, rax
    movsxd rax, edi
    movsxd rsi, esi
    imul rax, rsi
    add rdx, rax
    mulx rax, rax, rcx
    neg rax
    pop rbp
    ret

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    movabs rax, 0x123456789abcdef
    add rax, rdi
    xor rax, 0xfffffffffffffffe
    movabs rcx, 0x5555555555555555
    and rax, rcx
    movabs rcx, 0x100000000
    or rax, rcx
    imul rax, rax, 0x12345678
    pop rbp
    ret

; wasm_function[0,2]
    push rbp
    mov rbp, rsp
    mov rbx, rdx
    mov eax, edi
    test esi, esi
    je L3
    cmp esi, -1
    je L4
    cdq
    idiv esi
L1:
    test edi, edi
    je L5
    xor edx, edx
    div edi
    mov esi, edx
    mov rax, rbx
    test rcx, rcx
    je L6
    xor edx, edx
    div rcx
    test rbx, rbx
    je L7
    cmp rbx, -1
    je L8
    cqo
    idiv rbx
L2:
    lea rax, [rdx + rsi]
    pop rbp
    ret
L3:
    call qword ptr [r15 + 8] ; INTEGER_DIVIDE_BY_ZERO
    int3
L4:
    neg eax
    jo L9
    jmp L1
L5:
    call qword ptr [r15 + 8] ; INTEGER_DIVIDE_BY_ZERO
    int3
L6:
    call qword ptr [r15 + 8] ; INTEGER_DIVIDE_BY_ZERO
    int3
L7:
    call qword ptr [r15 + 8] ; INTEGER_DIVIDE_BY_ZERO
    int3
L8:
    xor edx, edx
    jmp L2
L9:
    call qword ptr [r15 + 8] ; INTEGER_OVERFLOW
    int3

