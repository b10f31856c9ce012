//! A function of the family as the program has it: a program may define a part of the family itself, and what this
//! library then serves in its place has to come from there, or its `free` would meet our blocks.

/// The address that a symbol has in this program, `$function` being the one that this library exports under the name.
///
/// The compiler may take a symbol that it has the definition of for that definition, or for another that is equal to it. The
/// dynamic linker's table says what it is.
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(miri)))]
macro_rules! by_symbol {
    ($name:literal, $function:expr) => {{
        let mut function = $function;
        // SAFETY: it reads the symbol's entry of the table, which the dynamic linker has filled in: the address of a function
        // of the same type, as C's declarations want it.
        unsafe {
            core::arch::asm!(
                concat!("mov {0}, qword ptr [rip + ", $name, "@GOTPCREL]"),
                inout(reg) function,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        function
    }};
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", not(miri))))]
macro_rules! by_symbol {
    ($name:literal, $function:expr) => {
        core::hint::black_box($function)
    };
}

pub(super) use by_symbol;
