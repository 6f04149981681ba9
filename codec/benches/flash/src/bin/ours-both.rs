//! Decoders and encoders of all messages and documents: ours.
#![cfg_attr(target_os = "none", no_std, no_main)]

cardwire_codec_flash::image!(|bytes, out| {
    cardwire_codec_flash::decode_ours(bytes);
    cardwire_codec_flash::encode_ours(out);
});
