; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    addsd xmm0, qword ptr [data + 0]
    mulsd xmm0, qword ptr [rdi] ; MEMORY_OUT_OF_BOUNDS
    ucomisd xmm1, xmm0
    je L2
    minsd xmm1, xmm0
L1:
    subsd xmm1, xmm0
    movaps xmm0, xmm1
    pop rbp
    ret
L2:
    jp L3
    orps xmm1, xmm0
    jmp L1
L3:
    addsd xmm1, xmm0
    jmp L1
data: 0000000000000840
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    vaddsd xmm0, xmm0, qword ptr [data + 0]
    vmulsd xmm0, xmm0, qword ptr [rdi] ; MEMORY_OUT_OF_BOUNDS
    ucomisd xmm1, xmm0
    je L2
    minsd xmm1, xmm0
L1:
    vsubsd xmm0, xmm1, xmm0
    pop rbp
    ret
L2:
    jp L3
    orps xmm1, xmm0
    jmp L1
L3:
    addsd xmm1, xmm0
    jmp L1
    add byte ptr [rax], al
    add byte ptr [rax], al
data: 0000000000000840

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rsi
    movsd xmm1, qword ptr [rdi] ; MEMORY_OUT_OF_BOUNDS
    addsd xmm1, xmm0
    movd xmm0, edx
    movaps xmm15, xmm1
    movaps xmm1, xmm0
    movaps xmm0, xmm15
    pop rbp
    ret
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    xorps xmm0, xmm0
    cvtsi2sd xmm0, rsi
    movsd xmm1, qword ptr [rdi] ; MEMORY_OUT_OF_BOUNDS
    vaddsd xmm0, xmm1, xmm0
    movd xmm1, edx
    pop rbp
    ret

