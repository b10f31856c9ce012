tensor_dealloc:
    cmpq $64, %rsi
    ja orthotope_runtime::global::slow_free::dealloc_other_slow
    leaq -1(%rdx), %rax
    cmpq $131072, %rax
    jae orthotope_runtime::global::slow_free::dealloc_other_slow
    shrq $6, %rax
    leaq .Ldata0(%rip), %rcx
    movzwl 16(%rcx,%rax,2), %esi
    movq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF, %rax
    movq %rdi, %rcx
    subq %rax, %rcx
    leaq -64(%rcx), %r8
    rolq $58, %r8
    cmpq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+8, %r8
    jae .L0
    shlq $33, %r8
    movabsq $-7046029252226973696, %r9
    imulq %rdx, %r9
    addq %r8, %r9
    addq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+24, %r9
    movq -64(%rax,%rcx), %r8
    cmpq %r9, %r8
    jne .L0
    movq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+56(%rsi), %r8
    cmpq %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+64(%rsi), %r8
    jae .L0
    movq %rdi, 8(%r8)
    addq $8, %fs:<codegen_fixture::Tensor>::locals::BINS@TPOFF+56(%rsi)
    movq $1869902437, -64(%rax,%rcx)
    retq
.L0:
    shrl $4, %esi
    jmp orthotope_runtime::global::slow_free::dealloc_slow
