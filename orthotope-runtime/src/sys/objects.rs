//! The program and its libraries, as the loader has placed them.

use std::ffi::OsString;

/// A part of the program or of a library that holds code: whole pages, as they are mapped.
#[derive(Clone, Debug)]
pub struct Object {
    /// Address of its first page.
    pub start: usize,
    /// Address behind its last page.
    pub end: usize,
    /// Where in the file its first page begins, in bytes.
    pub offset: u64,
    /// The file; empty for the program itself.
    pub path: OsString,
    /// What the linker called this build; empty if it did not.
    pub build_id: Vec<u8>,
}

/// All parts that hold code, the program's first. Allocates.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[must_use]
pub fn objects() -> Vec<Object> {
    let mut objects = Vec::new();
    // SAFETY: `look_at` takes what it is called with here, a list that outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(elf::look_at), (&raw mut objects).cast()) };
    objects
}

/// Where the loader is asked otherwise: none.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[must_use]
pub fn objects() -> Vec<Object> {
    Vec::new()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod elf {
    use core::ffi::CStr;
    use core::slice;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::Object;
    use crate::sys::page_bytes;

    /// Type of the note that holds a build's name.
    const BUILD_ID: u32 = 3;
    /// Three words: lengths of the name and of what follows, and the type.
    const NOTE_HEAD: usize = 12;

    /// Adds what an object has of code.
    ///
    /// # Safety
    ///
    /// `info` is an object's of the loader's, `objects` a list of [`Object`]s.
    pub(super) unsafe extern "C" fn look_at(
        info: *mut libc::dl_phdr_info,
        _: libc::size_t,
        objects: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the loader's record is valid during the call.
        let info = unsafe { &*info };
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        // SAFETY: there are so many program headers.
        let headers =
            unsafe { slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let place = |header: &libc::Elf64_Phdr| (info.dlpi_addr + header.p_vaddr) as usize;
        let path = if info.dlpi_name.is_null() {
            OsStr::new("")
        } else {
            // SAFETY: an object's name is a C string while it is loaded.
            OsStr::from_bytes(unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes())
        };
        let build_id = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_NOTE)
            .find_map(|header| {
                let notes: *const u8 = core::ptr::with_exposed_provenance(place(header));
                // SAFETY: notes are in memory, and never change.
                build_id(unsafe { slice::from_raw_parts(notes, header.p_memsz as usize) })
            });
        // SAFETY: it is what `objects` passed on, and nobody looks at it meanwhile.
        let objects = unsafe { &mut *objects.cast::<Vec<Object>>() };
        for header in headers {
            if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0 {
                // What lies before it in its first page is mapped with it.
                let before = place(header) % page_bytes();
                let end = place(header) + header.p_memsz as usize;
                objects.push(Object {
                    start: place(header) - before,
                    end: end.next_multiple_of(page_bytes()),
                    offset: header.p_offset - before as u64,
                    path: path.to_owned(),
                    build_id: build_id.unwrap_or_default().to_vec(),
                });
            }
        }
        0
    }

    fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
        let padded = |len: usize| len.next_multiple_of(4);
        while notes.len() >= NOTE_HEAD {
            let word = |at: usize| {
                notes
                    .get(at..at + 4)
                    .map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]))
            };
            let (name, content) = (word(0)? as usize, word(4)? as usize);
            let start = NOTE_HEAD + padded(name);
            if word(8)? == BUILD_ID && notes.get(NOTE_HEAD..NOTE_HEAD + 4)? == b"GNU\0" {
                return notes.get(start..start + content);
            }
            notes = notes.get(start + padded(content)..)?;
        }
        None
    }
}
