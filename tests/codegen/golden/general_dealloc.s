general_dealloc:
    cmpq $8, %rsi
    ja orthotope_runtime::global::slow_free::dealloc_other_slow
    leaq -1(%rdx), %rax
    cmpq $16384, %rax
    jae orthotope_runtime::global::slow_free::dealloc_other_slow
    shrq $3, %rax
    leaq .Ldata0(%rip), %rcx
    movzwl 16(%rcx,%rax,2), %esi
    movq %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56(%rsi), %rax
    cmpq %fs:<codegen_fixture::General>::locals::BINS@TPOFF+64(%rsi), %rax
    jae .L0
    movq %rdi, 8(%rax)
    addq $8, %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56(%rsi)
    retq
.L0:
    shrl $4, %esi
    jmp orthotope_runtime::global::slow_free::dealloc_slow
