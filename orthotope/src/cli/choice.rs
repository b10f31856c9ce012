//! The settings that a table is made for, and the table.

use orthotope_runtime::profile::Profile;
use orthotope_runtime::{Config, HEADER_BYTES, tuner};

use crate::args::{Choice, Preset};
use crate::load::Failure;

impl Preset {
    fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Tensor => "tensor",
        }
    }

    fn config(self) -> Config {
        match self {
            Self::General => Config::general(),
            Self::Tensor => Config::tensor(),
        }
    }
}

impl Choice {
    /// The configuration but for its classes.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = self.preset.config();
        if let Some(header) = self.header {
            config = config.with_header(header);
            if header && self.align.is_none() {
                config = config.with_align(config.align.max(HEADER_BYTES));
            }
        }
        if let Some(align) = self.align {
            config = config.with_align(align);
        }
        match (config.header, config.align) {
            (true, align @ ..HEADER_BYTES) => Err(Failure::Align(
                align,
                "a header is the 64 bytes before a block; write at least 64, or --header false",
            )),
            (false, align @ 4_097..) => Err(Failure::Align(
                align,
                "without headers blocks are aligned to 4096 at most; write that, or --header true",
            )),
            _ => Ok(config),
        }
    }

    /// The table that wastes least.
    pub(crate) fn classes(&self, profile: &Profile, config: &Config) -> Vec<usize> {
        tuner::tune(profile, config, self.classes.map(usize::from))
    }

    /// The attribute's arguments but for the classes.
    pub(crate) fn arguments(&self, config: &Config) -> String {
        let base = self.preset.config();
        let mut text = format!("preset = \"{}\"", self.preset.name());
        if config.header != base.header {
            text += &format!(", header = {}", config.header);
        }
        if config.align != base.align {
            text += &format!(", align = {}", config.align);
        }
        text
    }
}
