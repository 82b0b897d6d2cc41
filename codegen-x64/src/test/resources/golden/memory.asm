; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    mov rax, qword ptr [r15 + 0x30]
    mov ecx, dword ptr [rdi + rax] ; MEMORY_OUT_OF_BOUNDS
    movsx edx, byte ptr [rdi + rax + 0x64] ; MEMORY_OUT_OF_BOUNDS
    movzx ebx, word ptr [rdi + rax + 0x11170] ; MEMORY_OUT_OF_BOUNDS
    add edx, ecx
    mov byte ptr [rdi + rax + 8], dl ; MEMORY_OUT_OF_BOUNDS
    mov rdx, qword ptr [rax + rsi*8] ; MEMORY_OUT_OF_BOUNDS
    mov qword ptr [rax + rsi*8], 0 ; MEMORY_OUT_OF_BOUNDS
    movsxd rax, ecx
    lea rcx, [rdx + rbx]
    add rax, rcx
    pop rbp
    ret

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    sub rsp, 0x20
    movsd qword ptr [rbp - 0x18], xmm0
    movss dword ptr [rbp - 0xc], xmm1
    movsxd rax, dword ptr [rdi + 4] ; MEMORY_OUT_OF_BOUNDS
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rax
    addsd xmm0, qword ptr [rbp - 0x18]
    leave
    ret
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    sub rsp, 0x20
    movsd qword ptr [rbp - 0x18], xmm0
    movss dword ptr [rbp - 0xc], xmm1
    movsxd rax, dword ptr [rdi + 4] ; MEMORY_OUT_OF_BOUNDS
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rax
    vaddsd xmm0, xmm0, qword ptr [rbp - 0x18]
    leave
    ret

