//! What an image takes without a codec.
#![cfg_attr(target_os = "none", no_std, no_main)]

cardwire_codec_flash::image!(|_, _| {});
