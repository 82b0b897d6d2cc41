; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    sub rsp, 0x10
    cmp rsp, qword ptr [r15]
    jb L1
    mov qword ptr [rbp - 8], rdi
    lea rsp, [rsp - 0x10]
    mov qword ptr [rsp], rdi
    mov rsi, rdi
    mov rdx, rdi
    mov rcx, rdi
    mov r8, rdi
    mov r9, rdi
    mov rax, rdi
    mov r10, rdi
    call 0x34 ; wasm_function[0,1]
    mov rcx, qword ptr [r15 + 0x10]
    mov rcx, qword ptr [rcx + 0x100]
    add rax, rcx
    mov rdi, qword ptr [rbp - 8]
    add rax, rdi
    leave
    ret
L1:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    sub rsp, 0x10
    cmp rsp, qword ptr [r15]
    jb L1
    mov qword ptr [rbp - 8], r15
    mov rax, rdi
    mov edi, edx
    mov r15, rsi
    call rax
    mov r15, qword ptr [rbp - 8]
    add eax, dword ptr [r15 + 0x2c]
    leave
    ret
L1:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3

; wasm_function[0,2]
    push rbp
    mov rbp, rsp
    cmp rsp, qword ptr [r15]
    jb L2
    test edi, edi
    je L1
    lea rsp, [rsp - 0x10]
    mov qword ptr [rsp], rsi
    mov rdx, rdi
    mov rcx, rdi
    mov r8, rdi
    mov r9, rdi
    mov rax, rdi
    mov r10, rdi
    xchg rdi, rsi
    mov r13, qword ptr [rbp]
    mov r12, qword ptr [rbp + 8]
    movsd xmm15, qword ptr [rsp + 8]
    movsd qword ptr [rbp + 8], xmm15
    movsd xmm15, qword ptr [rsp]
    movsd qword ptr [rbp], xmm15
    lea rsp, [rbp - 8]
    mov qword ptr [rsp], r12
    mov rbp, r13
    jmp L1 ; wasm_function[0,3]
L1:
    mov r11, rdi
    mov rdi, rsi
    mov rbx, rsi
    pop rbp
    mov r15, rbx
    jmp r11
L2:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3

; wasm_function[0,3]
    push rbp
    mov rbp, rsp
    mov rax, qword ptr [rbp + 0x10]
    add rax, rdi
    pop rbp
    ret 0x10

; wasm_function[0,4]
    push rbp
    mov rbp, rsp
    cmp rsp, qword ptr [r15]
    jb L1
    mov rax, rdi
    mov rdi, rsi
    mov esi, edx
    call rax
    mov eax, eax
    pop rbp
    ret
L1:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3

