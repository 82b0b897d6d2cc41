; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    movzx eax, dil
    mov ecx, esi
    shr ecx, 8
    and ecx, 0xf
    or eax, ecx
    mov ecx, esi
    not ecx
    and eax, ecx
    mov ecx, edi
    rol ecx, 0xd
    xor eax, ecx
    mov ecx, edi
    shl eax, cl
    mov ecx, esi
    sar eax, cl
    mov ecx, edi
    ror eax, cl
    pop rbp
    ret
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    movzx eax, dil
    mov ecx, esi
    shr ecx, 8
    and ecx, 0xf
    or eax, ecx
    andn eax, esi, eax
    rorx ecx, edi, 0x13
    xor eax, ecx
    shlx eax, eax, edi
    sarx eax, eax, esi
    mov ecx, edi
    ror eax, cl
    pop rbp
    ret

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    and rdi, 0xffffffffffff00ff
    movzx eax, sil
    shl rax, 8
    or rdi, rax
    shl rdi, 0x28
    sar rdi, 0x30
    mov rax, rdi
    pop rbp
    ret

; wasm_function[0,2]
    push rbp
    mov rbp, rsp
    mov ecx, 0x3f
    bsr eax, edi
    cmove eax, ecx
    xor eax, 0x1f
    mov ecx, 0x40
    bsf rdx, rsi
    cmove edx, ecx
    popcnt rcx, rsi
    popcnt esi, edi
    add rcx, rdx
    add eax, esi
    add eax, ecx
    pop rbp
    ret
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    lzcnt eax, edi
    tzcnt rcx, rsi
    popcnt rdx, rsi
    popcnt esi, edi
    add rcx, rdx
    add eax, esi
    add eax, ecx
    pop rbp
    ret

; wasm_function[0,3]
    push rbp
    mov rbp, rsp
    movsx eax, dil
    movsx rcx, si
    movsxd rdx, esi
    movsxd rax, eax
    xor rcx, rax
    sub rcx, rdx
    mov rax, rcx
    pop rbp
    ret

