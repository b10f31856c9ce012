general_box_drop:
    movq %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56, %rax
    cmpq %fs:<codegen_fixture::General>::locals::BINS@TPOFF+64, %rax
    jae .L0
    movq %rdi, 8(%rax)
    addq $8, %fs:<codegen_fixture::General>::locals::BINS@TPOFF+56
    retq
.L0:
    movl $8, %edx
    xorl %esi, %esi
    jmp orthotope_runtime::global::slow_free::dealloc_slow
