; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    movups xmm1, xmmword ptr [rdi + 0x10] ; MEMORY_OUT_OF_BOUNDS
    movups xmm2, xmmword ptr [data + 0]
    cmp esi, 7
    jge L1
    movaps xmm1, xmm2
L1:
    movups xmmword ptr [rdi + 0x20], xmm1 ; MEMORY_OUT_OF_BOUNDS
    xorps xmm1, xmm1
    test esi, esi
    je L2
    movaps xmm1, xmm0
L2:
    movaps xmm0, xmm1
    pop rbp
    ret
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
data: 8877665544332211 00ffeeddccbbaa99

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    movaps xmm2, xmm0
    paddb xmm2, xmm1
    movups xmm1, xmmword ptr [rdi + 0x10] ; MEMORY_OUT_OF_BOUNDS
    paddb xmm2, xmm1
    paddb xmm2, xmmword ptr [data + 0]
    paddb xmm2, xmm0
    movaps xmm0, xmm2
    pop rbp
    ret
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
data: 0101010101010101 0202020202020202
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    vpaddb xmm1, xmm0, xmm1
    vpaddb xmm1, xmm1, xmmword ptr [rdi + 0x10] ; MEMORY_OUT_OF_BOUNDS
    vpaddb xmm1, xmm1, xmmword ptr [data + 0]
    vpaddb xmm0, xmm1, xmm0
    pop rbp
    ret
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rcx], al
data: 0101010101010101 0202020202020202

