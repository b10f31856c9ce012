prefetching_alloc:
    cmpq $8, %rdi
    ja orthotope_runtime::global::slow::alloc_other_slow
    leaq -1(%rsi), %rax
    cmpq $16384, %rax
    jae orthotope_runtime::global::slow::alloc_other_slow
    shrq $3, %rax
    leaq .Ldata0(%rip), %rcx
    movzwl 16(%rcx,%rax,2), %edi
    movq %fs:<codegen_fixture::Prefetching>::locals::BINS@TPOFF+56(%rdi), %rcx
    movq (%rcx), %rax
    addq $-8, %fs:<codegen_fixture::Prefetching>::locals::BINS@TPOFF+56(%rdi)
    testq %rax, %rax
    je .L0
    movq -8(%rcx), %rcx
    prefetcht0 (%rcx)
    retq
.L0:
    addq $8, %fs:<codegen_fixture::Prefetching>::locals::BINS@TPOFF+56(%rdi)
    shrl $4, %edi
    jmp orthotope_runtime::global::slow::alloc_slow
