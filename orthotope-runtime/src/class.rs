//! Size to class, in const context where the size is constant and in one load where it is small.
//!
//! Owns [`SizeClass`], the default preset's twelve, and [`ClassTable`], the look-up that a generated
//! type compiles in. Knows nothing of arenas.

use crate::tune::TENSOR_CLASSES;

/// Bytes between the start of a header and the block's payload, where a configuration has headers.
pub const HEADER_BYTES: usize = 64;

/// Most classes that one allocator may have: a class index fits a byte, with 255 left to say "none".
pub const MAX_CLASSES: usize = 255;

/// Bytes from one block to the next: the payload and, with a header, the header, rounded up to `align`.
pub(crate) const fn stride(payload: usize, align: usize, header: bool) -> usize {
    let bytes = if header {
        payload + HEADER_BYTES
    } else {
        payload
    };
    bytes.next_multiple_of(align)
}

/// The twelve size classes of the default preset and of every [`Allocator`](crate::Allocator).
///
/// The name is the largest request that the class serves.
///
/// ```
/// # use orthotope_runtime as orthotope;
/// use orthotope::SizeClass;
///
/// let class = SizeClass::from_request(5_000).expect("at most 16 MiB");
/// assert_eq!(class, SizeClass::B6K);
/// assert_eq!(class.payload_size(), 6_144);
/// assert_eq!(class.block_size(), 6_144 + 64);
/// assert_eq!(class.block_size_for_alignment(4_096), 8_192);
/// assert_eq!(SizeClass::ALL[class.index()], class);
/// assert_eq!(SizeClass::from_request(SizeClass::max_small_request() + 1), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SizeClass {
    /// 1 to 64 bytes.
    B64,
    /// 65 to 256 bytes.
    B256,
    /// 257 bytes to 4 KiB.
    B4K,
    /// 4 KiB + 1 to 6 KiB.
    B6K,
    /// 6 KiB + 1 to 8 KiB.
    B8K,
    /// 8 KiB + 1 to 16 KiB.
    B16K,
    /// 16 KiB + 1 to 32 KiB.
    B32K,
    /// 32 KiB + 1 to 64 KiB.
    B64K,
    /// 64 KiB + 1 to 128 KiB.
    B128K,
    /// 128 KiB + 1 to 256 KiB.
    B256K,
    /// 256 KiB + 1 to 1 MiB.
    B1M,
    /// 1 MiB + 1 to 16 MiB.
    B16M,
}

impl SizeClass {
    /// Every class, smallest first; `ALL[c.index()] == c`.
    pub const ALL: [Self; 12] = [
        Self::B64,
        Self::B256,
        Self::B4K,
        Self::B6K,
        Self::B8K,
        Self::B16K,
        Self::B32K,
        Self::B64K,
        Self::B128K,
        Self::B256K,
        Self::B1M,
        Self::B16M,
    ];

    /// The class that serves a request of `size` bytes; `None` for zero and above 16 MiB.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::SizeClass;
    ///
    /// assert_eq!(SizeClass::from_request(64), Some(SizeClass::B64));
    /// assert_eq!(SizeClass::from_request(65), Some(SizeClass::B256));
    /// assert_eq!(SizeClass::from_request(0), None);
    /// ```
    #[must_use]
    pub const fn from_request(size: usize) -> Option<Self> {
        match TENSOR_TABLE.class_of(size) {
            Some(index) => Some(Self::ALL[index]),
            None => None,
        }
    }

    /// Largest request, in bytes, that the class serves.
    #[must_use]
    pub const fn payload_size(self) -> usize {
        TENSOR_CLASSES[self.index()]
    }

    /// Bytes that one block takes, header included, at the default alignment of 64 bytes.
    #[must_use]
    pub const fn block_size(self) -> usize {
        self.block_size_for_alignment(HEADER_BYTES)
    }

    /// Bytes that one block takes, header included, at `alignment`; what is below 64 counts as 64.
    ///
    /// ```
    /// # use orthotope_runtime as orthotope;
    /// use orthotope::SizeClass;
    ///
    /// assert_eq!(SizeClass::B64.block_size_for_alignment(64), 128);
    /// assert_eq!(SizeClass::B64.block_size_for_alignment(4_096), 4_096);
    /// ```
    #[must_use]
    pub const fn block_size_for_alignment(self, alignment: usize) -> usize {
        let alignment = if alignment < HEADER_BYTES {
            HEADER_BYTES
        } else {
            alignment
        };
        stride(self.payload_size(), alignment, true)
    }

    /// Position in [`ALL`](Self::ALL), and in every array of statistics by class.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Largest request, in bytes, that any class serves: 16 MiB. More takes the large path.
    #[must_use]
    pub const fn max_small_request() -> usize {
        Self::B16M.payload_size()
    }
}

static TENSOR_TABLE: ClassTable = ClassTable::new(&TENSOR_CLASSES, HEADER_BYTES);

/// Steps of the table for small sizes. A step is what all payloads are multiples of: 8 bytes, or the alignment.
const STEPS: usize = 2_048;
/// What class indices are multiplied by in that table: a record of this many bytes is found without a shift.
pub(crate) const SCALE: usize = 16;
/// Sub-buckets per doubling above the steps.
const COARSE_BITS: u32 = 3;
const COARSE_MIN_EXPONENT: u32 = (8 * STEPS).ilog2();
const COARSE_LEN: usize = ((usize::BITS - COARSE_MIN_EXPONENT) as usize) << COARSE_BITS;

/// A class by its index times [`SCALE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScaledClass(usize);

impl ScaledClass {
    /// The class with this index.
    #[inline(always)]
    pub(crate) const fn new(index: usize) -> Self {
        Self(index * SCALE)
    }

    /// The class's index.
    #[inline(always)]
    pub(crate) const fn index(self) -> usize {
        self.0 / SCALE
    }

    /// Bytes before the class's record in an array of records of [`SCALE`] bytes.
    #[inline(always)]
    pub(crate) const fn offset(self) -> usize {
        self.0
    }
}

/// Look-up from a request's size to the index of its class.
///
/// Invariants: with `step = 1 << step_bits`, `steps[(s - 1) / step]` is the first class that holds `s` for every
/// `s` in `1..=small_max()`, or `len` where none does, times `SCALE`; `coarse[bucket(s)]` is at most the first class
/// that holds `s`, and exceeds no class that holds the smallest size of its bucket.
#[derive(Debug)]
pub(crate) struct ClassTable {
    classes: &'static [usize],
    step_bits: u32,
    steps: [u16; STEPS],
    coarse: [u8; COARSE_LEN],
}

impl ClassTable {
    /// The table for `classes`, strictly ascending multiples of `align`, 1 to [`MAX_CLASSES`] of them.
    ///
    /// # Panics
    ///
    /// If `classes` is not so, or `align` no power of two from 8 on; in const context that is a compile error.
    pub(crate) const fn new(classes: &'static [usize], align: usize) -> Self {
        assert!(
            align >= 8 && align.is_power_of_two(),
            "the alignment is a power of two, at least 8"
        );
        assert!(
            !classes.is_empty() && classes.len() <= MAX_CLASSES,
            "an allocator has 1 to 255 classes"
        );
        let step_bits = align.ilog2();
        let mut steps = [0; STEPS];
        let mut class = 0;
        let mut slot = 0;
        while slot < STEPS {
            while class < classes.len() && classes[class] < (slot + 1) << step_bits {
                class += 1;
            }
            steps[slot] = (class * SCALE) as u16;
            slot += 1;
        }
        let mut coarse = [0; COARSE_LEN];
        let mut bucket = 0;
        class = 0;
        while bucket < COARSE_LEN {
            let smallest = bucket_start(bucket);
            while class < classes.len() && classes[class] < smallest {
                class += 1;
            }
            coarse[bucket] = class as u8;
            bucket += 1;
        }
        let mut index = 0;
        while index < classes.len() {
            assert!(
                classes[index] > 0 && classes[index].is_multiple_of(align),
                "class payloads are multiples of the alignment"
            );
            assert!(
                index == 0 || classes[index - 1] < classes[index],
                "class payloads are strictly ascending"
            );
            index += 1;
        }
        Self {
            classes,
            step_bits,
            steps,
            coarse,
        }
    }

    /// Largest request, in bytes, whose class is one load away.
    pub(crate) const fn small_max(&self) -> usize {
        STEPS << self.step_bits
    }

    /// Index of the class of a request of 1 to [`small_max`](Self::small_max) bytes: one load. The number of
    /// classes if none holds it.
    #[inline(always)]
    pub(crate) const fn small(&self, size: usize) -> ScaledClass {
        ScaledClass(self.steps[(size - 1) >> self.step_bits] as usize)
    }

    /// Index of the class of any request; `None` for zero bytes and for more than the largest class.
    #[inline]
    pub(crate) const fn class_of(&self, size: usize) -> Option<usize> {
        if size == 0 {
            return None;
        }
        let mut class = if size <= self.small_max() {
            self.small(size).index()
        } else {
            self.coarse[bucket_of(size)] as usize
        };
        while class < self.classes.len() {
            if self.classes[class] >= size {
                return Some(class);
            }
            class += 1;
        }
        None
    }

    /// Index of the first class that holds `size` bytes and whose blocks are multiples of `align`
    /// (a power of two); `None` if there is none.
    #[inline]
    pub(crate) const fn class_aligned(&self, size: usize, align: usize) -> Option<usize> {
        let Some(mut class) = self.class_of(size) else {
            return None;
        };
        while class < self.classes.len() {
            if self.classes[class] & (align - 1) == 0 {
                return Some(class);
            }
            class += 1;
        }
        None
    }
}

/// Bucket of a size above the steps: its exponent and the three bits that follow, of `size - 1`
/// so that a power of two closes its bucket.
const fn bucket_of(size: usize) -> usize {
    let last = size - 1;
    let exponent = last.ilog2();
    let mantissa = (last >> (exponent - COARSE_BITS)) & ((1 << COARSE_BITS) - 1);
    (((exponent - COARSE_MIN_EXPONENT) as usize) << COARSE_BITS) | mantissa
}

/// Smallest size of a bucket: the inverse of [`bucket_of`].
const fn bucket_start(bucket: usize) -> usize {
    let exponent = (bucket >> COARSE_BITS) as u32 + COARSE_MIN_EXPONENT;
    let mantissa = bucket & ((1 << COARSE_BITS) - 1);
    ((1 << exponent) | (mantissa << (exponent - COARSE_BITS))) + 1
}
