; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    lea eax, [rdi - 5]
    lea eax, [rax + rax*8]
    lea rcx, [rsi + rsi]
    xor rcx, rax
    mov rax, rcx
    pop rbp
    ret

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    cmp esi, edx
    sbb edi, 0
    mov eax, edi
    pop rbp
    ret

; wasm_function[0,2]
    push rbp
    mov rbp, rsp
    lea rax, [rdi - 1]
    and rax, rdi
    mov rcx, rax
    neg rcx
    and rcx, rax
    lea rax, [rcx - 1]
    xor rax, rcx
    pop rbp
    ret
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    blsr rax, rdi
    blsi rax, rax
    blsmsk rax, rax
    pop rbp
    ret

; wasm_function[0,3]
    push rbp
    mov rbp, rsp
    xor eax, eax
    cmp rdi, rsi
    setge al
    mov edx, edi
    pop rbp
    ret

