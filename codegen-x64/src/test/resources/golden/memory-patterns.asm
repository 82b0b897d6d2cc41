; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    add qword ptr [rdi], rsi ; MEMORY_OUT_OF_BOUNDS
    xor byte ptr [rdi + 8], dl ; MEMORY_OUT_OF_BOUNDS
    sub dword ptr [rdi + 0xc], 1 ; MEMORY_OUT_OF_BOUNDS
    pop rbp
    ret

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    sub rsp, 0x10
    cmp rsp, qword ptr [r15]
    jb L1
    mov qword ptr [rbp - 8], rsi
    lea rax, [rbp - 0x10]
    mov rcx, rdi
    mov rdi, rax
    call rcx
    addsd xmm0, qword ptr [rbp - 0x10]
    leave
    ret
L1:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    sub rsp, 0x10
    cmp rsp, qword ptr [r15]
    jb L1
    mov qword ptr [rbp - 8], rsi
    lea rax, [rbp - 0x10]
    mov rcx, rdi
    mov rdi, rax
    call rcx
    vaddsd xmm0, xmm0, qword ptr [rbp - 0x10]
    leave
    ret
L1:
    call qword ptr [r15 + 8] ; STACK_CHECK
    int3

