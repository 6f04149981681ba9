//! Decoders and encoders of all messages and documents: postcard's, by `serde_bytes`.
#![cfg_attr(target_os = "none", no_std, no_main)]

cardwire_codec_flash::image!(|bytes, out| {
    cardwire_codec_flash::decode_postcard_bytes(bytes);
    cardwire_codec_flash::encode_postcard_bytes(out);
});
