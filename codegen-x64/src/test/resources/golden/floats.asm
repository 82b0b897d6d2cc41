; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    movaps xmm3, xmm0
    mulsd xmm3, qword ptr [data + 40]
    addsd xmm3, qword ptr [data + 32]
    ucomisd xmm3, xmm1
    je L2
    minsd xmm3, xmm1
L1:
    movaps xmm15, xmm0
    andps xmm15, xmmword ptr [data + 0]
    andps xmm3, xmmword ptr [data + 16]
    orps xmm3, xmm15
    xorps xmm0, xmm0
    cvtss2sd xmm0, xmm2
    divsd xmm3, xmm0
    xorps xmm0, xmm0
    sqrtsd xmm0, xmm3
    xorps xmm0, xmmword ptr [data + 0]
    roundsd xmm0, xmm0, 8
    pop rbp
    ret
L2:
    jp L3
    orps xmm3, xmm1
    jmp L1
L3:
    addsd xmm3, xmm1
    jmp L1
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
data: 0000000000000080 0000000000000080 ffffffffffffff7f ffffffffffffff7f 9a9999999999b93f 000000000000f83f
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    vmulsd xmm3, xmm0, qword ptr [data + 40]
    vaddsd xmm3, xmm3, qword ptr [data + 32]
    ucomisd xmm3, xmm1
    je L2
    minsd xmm3, xmm1
L1:
    movaps xmm15, xmm0
    andps xmm15, xmmword ptr [data + 0]
    andps xmm3, xmmword ptr [data + 16]
    orps xmm3, xmm15
    vcvtss2sd xmm0, xmm2, xmm2
    vdivsd xmm0, xmm3, xmm0
    vsqrtsd xmm0, xmm0, xmm0
    vxorps xmm0, xmm0, xmmword ptr [data + 0]
    vroundsd xmm0, xmm0, xmm0, 8
    pop rbp
    ret
L2:
    jp L3
    orps xmm3, xmm1
    jmp L1
L3:
    addsd xmm3, xmm1
    jmp L1
    add byte ptr [rax], al
data: 0000000000000080 0000000000000080 ffffffffffffff7f ffffffffffffff7f 9a9999999999b93f 000000000000f83f

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    cvttsd2si eax, xmm0
    cmp eax, 1
    jo L5
L1:
    cvttss2si rcx, xmm1
    test rcx, rcx
    js L8
L2:
    cvttsd2si rdx, xmm0
    cmp rdx, 1
    jo L11
L3:
    xorps xmm0, xmm0
    test rsi, rsi
    js L13
    cvtsi2sd xmm0, rsi
L4:
    movq rsi, xmm0
    xorps xmm0, xmm0
    cvtsi2ss xmm0, edi
    movd edi, xmm0
    add rax, rcx
    add rax, rdx
    add rax, rsi
    add rax, rdi
    pop rbp
    ret
L5:
    ucomisd xmm0, xmm0
    jp L7
    ucomisd xmm0, qword ptr [data + 0]
    jbe L6
    xorps xmm15, xmm15
    ucomisd xmm0, xmm15
    jb L1
L6:
    call qword ptr [r15 + 8] ; INTEGER_OVERFLOW
    int3
L7:
    call qword ptr [r15 + 8] ; BAD_CONVERSION_TO_INTEGER
    int3
L8:
    ucomiss xmm1, xmm1
    jp L10
    movaps xmm15, xmm1
    subss xmm15, dword ptr [data + 8]
    cvttss2si rcx, xmm15
    test rcx, rcx
    js L9
    btc rcx, 0x3f
    jmp L2
L9:
    call qword ptr [r15 + 8] ; INTEGER_OVERFLOW
    int3
L10:
    call qword ptr [r15 + 8] ; BAD_CONVERSION_TO_INTEGER
    int3
L11:
    ucomisd xmm0, xmm0
    jp L12
    xorps xmm15, xmm15
    ucomisd xmm0, xmm15
    jb L3
    movabs rdx, 0x7fffffffffffffff
    jmp L3
L12:
    mov edx, 0
    jmp L3
L13:
    mov rbx, rsi
    shr rbx, 1
    jae L14
    or rbx, 1
L14:
    cvtsi2sd xmm0, rbx
    addsd xmm0, xmm0
    jmp L4
    add byte ptr [rax], al
    add byte ptr [rax], al
    add byte ptr [rax], al
data: 000020000000e0c1 0000005f

