//! Decoders and encoders of all messages and documents: postcard's, by plain derive.
#![cfg_attr(target_os = "none", no_std, no_main)]

cardwire_codec_flash::image!(|bytes, out| {
    cardwire_codec_flash::decode_postcard(bytes);
    cardwire_codec_flash::encode_postcard(out);
});
