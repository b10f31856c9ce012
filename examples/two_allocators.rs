//! Two allocators in one program, each made for what it serves.
//!
//! Strings, vectors and everything else that asks for the global allocator get many small classes and no
//! header. Tensors come from an arena of their own with a few large classes, so that they and the small
//! objects never share a page, and each arena can be measured by itself.
//!
//! ```text
//! cargo run --release --example two_allocators
//! ```

use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

#[global_allocator]
#[orthotope::allocator(preset = "general", arena = "1GiB")]
static GLOBAL: ProgramAlloc;

#[orthotope::allocator(arena = "2GiB", classes = ["64KiB", "256KiB", "1MiB"], align = 64)]
static TENSORS: TensorAlloc;

/// `f32`s in the tensor arena, through the functions of the generated type.
struct Tensor {
    data: NonNull<f32>,
    len: usize,
}

impl Tensor {
    /// Computes element by element. Where no memory is left it fails, instead of aborting as `Vec` does.
    fn from_fn(len: usize, element: impl Fn(usize) -> f32) -> Result<Self, Box<dyn Error>> {
        let size = Layout::array::<f32>(len)?.size();
        let data = TensorAlloc::allocate(size)?.cast::<f32>();
        for index in 0..len {
            // SAFETY: `index < len`, and the block holds `len` elements.
            let place = unsafe { data.add(index) };
            // SAFETY: `place` lies within the block, which is aligned to 64 bytes and ours alone.
            unsafe { place.write(element(index)) };
        }
        Ok(Self { data, len })
    }
}

impl Deref for Tensor {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `from_fn` initialised `len` elements, and the block lives until `self` is dropped.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        let size = self.len * size_of::<f32>();
        // SAFETY: `data` came from `TensorAlloc::allocate(size)`, and no one can refer to it after `self`.
        let freed = unsafe { TensorAlloc::deallocate_with_size(self.data.cast(), size) };
        freed.expect("a tensor is freed once, with the size it was allocated with");
    }
}

/// Zeroed `f32`s that can grow, in the same arena through the methods of `GlobalAlloc`.
struct Scratch {
    data: NonNull<f32>,
    layout: Layout,
}

impl Scratch {
    fn zeroed(len: usize) -> Result<Self, Box<dyn Error>> {
        let layout = Layout::array::<f32>(len.max(1))?;
        // SAFETY: the layout is not empty.
        let data = unsafe { TENSORS.alloc_zeroed(layout) };
        let data = NonNull::new(data).ok_or("no memory is left for tensors")?;
        Ok(Self {
            data: data.cast(),
            layout,
        })
    }

    fn grow(&mut self, len: usize) -> Result<(), Box<dyn Error>> {
        let old = self.len();
        let layout = Layout::array::<f32>(len.max(old))?;
        // SAFETY: the block came from `TENSORS` for `self.layout`; the new size is an array's, so within
        // bounds, and not zero.
        let data =
            unsafe { TENSORS.realloc(self.data.as_ptr().cast(), self.layout, layout.size()) };
        self.data = NonNull::new(data)
            .ok_or("no memory is left for tensors")?
            .cast();
        self.layout = layout;
        // SAFETY: `old` elements were there before, so they are there in the block that replaced it.
        let added = unsafe { self.data.add(old) };
        // SAFETY: the block holds `self.len()` elements, `old` of them before `added`.
        unsafe { added.write_bytes(0, self.len() - old) };
        Ok(())
    }

    fn len(&self) -> usize {
        self.layout.size() / size_of::<f32>()
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `zeroed` and `grow` initialised `len` elements, and the block lives until `self` is dropped.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len()) }
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and `&mut self` is the only reference.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.len()) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: the block came from `TENSORS` for `self.layout`, and no one can refer to it after `self`.
        unsafe { TENSORS.dealloc(self.data.as_ptr().cast(), self.layout) };
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "global allocator: {} classes from {} to {} bytes",
        ProgramAlloc::CLASSES.len(),
        ProgramAlloc::CLASSES[0],
        ProgramAlloc::CLASSES[ProgramAlloc::CLASSES.len() - 1]
    );
    println!("tensor allocator: classes {:?}", TensorAlloc::CLASSES);

    // Weights by layer: the names and the map in one arena, the numbers in the other.
    let side = 256;
    let mut layers = BTreeMap::new();
    for layer in 0..8 {
        let weights = Tensor::from_fn(side * side, |index| {
            ((index * (layer + 1)) % 17) as f32 / 1000.0
        })?;
        layers.insert(format!("layer.{layer}.weight"), weights);
    }
    let mut activations = Scratch::zeroed(side)?;
    activations.fill(1.0);
    for (name, weights) in &layers {
        let output = Tensor::from_fn(side, |row| {
            let row = &weights[row * side..][..side];
            row.iter()
                .zip(&*activations)
                .map(|(weight, input)| weight * input)
                .sum()
        })?;
        activations.copy_from_slice(&output);
        println!("{name}: first output {:.4}", activations[0]);
    }
    activations.grow(100_000)?;
    println!(
        "scratch grown to {} zeroes behind {} outputs: {}",
        activations.len(),
        side,
        activations[side..].iter().all(|&x| x == 0.0)
    );

    println!("\nglobal allocator\n{}", ProgramAlloc::stats());
    println!("\ntensor allocator\n{}", TensorAlloc::stats());
    Ok(())
}
