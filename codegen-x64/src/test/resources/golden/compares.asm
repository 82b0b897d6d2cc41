; wasm_function[0,0]
    push rbp
    mov rbp, rsp
    xor eax, eax
    cmp edi, esi
    setl al
    cmp rcx, rdx
    adc eax, 0
    test eax, eax
    cmove rcx, rdx
    lea rax, [rcx + 1]
    test edi, edi
    cmovns rax, rcx
    pop rbp
    ret

; wasm_function[0,1]
    push rbp
    mov rbp, rsp
    test edi, edi
    je L1
    test sil, 0x40
    je L2
    jmp L3
L1:
    test rsi, rsi
    jns L3
L2:
    xor eax, eax
    cmp edi, 0xa
    setb al
    xor ecx, ecx
    cmp rsi, 0x3e8
    setg cl
    test eax, ecx
    je L4
L3:
    mov eax, 1
    pop rbp
    ret
L4:
    mov eax, 2
    pop rbp
    ret

; wasm_function[0,2]
    push rbp
    mov rbp, rsp
    movaps xmm3, xmm0
    minsd xmm3, xmm1
    xorps xmm4, xmm4
    ucomiss xmm2, xmm4
    jb L1
    movaps xmm0, xmm3
    pop rbp
    ret
L1:
    ucomisd xmm0, xmm1
    jp L2
    je L3
L2:
    pop rbp
    ret
L3:
    call qword ptr [r15 + 8] ; UNREACHABLE
    int3
; with avx, bmi1, bmi2, lzcnt
    push rbp
    mov rbp, rsp
    vminsd xmm3, xmm0, xmm1
    xorps xmm4, xmm4
    ucomiss xmm2, xmm4
    jb L1
    movaps xmm0, xmm3
    pop rbp
    ret
L1:
    ucomisd xmm0, xmm1
    jp L2
    je L3
L2:
    pop rbp
    ret
L3:
    call qword ptr [r15 + 8] ; UNREACHABLE
    int3

