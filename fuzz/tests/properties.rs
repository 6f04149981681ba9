//! The properties of the fuzz targets on seeded random input, so that a plain `cargo test` runs them too.

fn each(rounds: usize, check: impl Fn(&[u8])) {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..rounds {
        let length = (random() % 120) as usize;
        // Mostly small bytes: they are lengths, counts and codes.
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                if random() % 3 == 0 {
                    random() as u8
                } else {
                    (random() % 8) as u8
                }
            })
            .collect();
        check(&bytes);
    }
}

#[test]
fn frames() {
    each(20_000, cardwire_fuzz::frames);
}

#[test]
fn messages() {
    each(50_000, cardwire_fuzz::messages);
}

#[test]
fn values() {
    each(50_000, cardwire_fuzz::values);
}

#[test]
fn agree() {
    each(50_000, cardwire_fuzz::agree);
}

#[test]
fn reader() {
    each(2_000, cardwire_fuzz::reader);
}
