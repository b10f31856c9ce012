tensor_alloc:
    cmpq $64, %rdi
    ja orthotope_runtime::global::slow::alloc_other_slow
    leaq -1(%rsi), %rax
    cmpq $131072, %rax
    jae orthotope_runtime::global::slow::alloc_other_slow
    shrq $6, %rax
    leaq .Ldata0(%rip), %rcx
    movzwl 16(%rcx,%rax,2), %edi
    movq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+56(%rdi), %rax
    movq (%rax), %rax
    addq $-8, %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+56(%rdi)
    testq %rax, %rax
    je .L0
    movq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+32, %rcx
    movq %rax, %rdx
    shlq $27, %rdx
    movabsq $-7046029252226973696, %rdi
    imulq %rsi, %rdi
    addq %rdx, %rdi
    addq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+16, %rdi
    movq %rdi, -64(%rax)
    movq %rsi, -56(%rax)
    movq %rcx, -48(%rax)
    retq
.L0:
    addq $8, %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+56(%rdi)
    shrl $4, %edi
    jmp orthotope_runtime::global::slow::alloc_slow
