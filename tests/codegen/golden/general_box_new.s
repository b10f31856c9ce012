general_box_new:
    pushq %rbx
    movq %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56, %rax
    movq (%rax), %rax
    addq $-8, %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56
    testq %rax, %rax
    je .L0
.L1:
    movq %rdi, (%rax)
    popq %rbx
    retq
.L0:
    addq $8, %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56
    movl $8, %esi
    movq %rdi, %rbx
    xorl %edi, %edi
    callq orthotope_runtime::global::slow::alloc_slow
    movq %rbx, %rdi
    testq %rax, %rax
    jne .L1
    movl $8, %edi
    movl $8, %esi
    callq *alloc::alloc::handle_alloc_error@GOTPCREL(%rip)
