/* The cryptography behind crypto.h for the tests of the book's C code: small, slow, and open to whoever measures time.
 * It keeps the tests free of libraries that a machine may not have. A product takes a library. */
#include "crypto.h"

#include <string.h>

/* SHA-2. */

static const uint64_t sha_k[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static const uint64_t sha_h[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* A machine of 32-bit words (SHA-256) or 64-bit words (SHA-512); a word always lies in 64 bits. */
struct sha {
    unsigned bits;
    uint64_t mask, state[8];
    uint8_t block[128];
    size_t used;
    uint64_t total;
};

static uint64_t rotate(const struct sha *sha, uint64_t word, unsigned by)
{
    return (word >> by | word << (sha->bits - by)) & sha->mask;
}

static void sha_block(struct sha *sha)
{
    bool wide = sha->bits == 64;
    size_t rounds = wide ? 80 : 64, size = sha->bits / 8;
    uint64_t w[80], v[8];
    for (size_t t = 0; t < 16; t++)
        w[t] = cw_get(sha->block + t * size, size);
    for (size_t t = 16; t < rounds; t++) {
        uint64_t a = w[t - 15], b = w[t - 2];
        uint64_t s0 = rotate(sha, a, wide ? 1 : 7) ^ rotate(sha, a, wide ? 8 : 18) ^ a >> (wide ? 7 : 3);
        uint64_t s1 = rotate(sha, b, wide ? 19 : 17) ^ rotate(sha, b, wide ? 61 : 19) ^ b >> (wide ? 6 : 10);
        w[t] = (w[t - 16] + s0 + w[t - 7] + s1) & sha->mask;
    }
    memcpy(v, sha->state, sizeof v);
    for (size_t t = 0; t < rounds; t++) {
        uint64_t e = v[4], a = v[0];
        uint64_t s1 = rotate(sha, e, wide ? 14 : 6) ^ rotate(sha, e, wide ? 18 : 11) ^ rotate(sha, e, wide ? 41 : 25);
        uint64_t s0 = rotate(sha, a, wide ? 28 : 2) ^ rotate(sha, a, wide ? 34 : 13) ^ rotate(sha, a, wide ? 39 : 22);
        uint64_t k = wide ? sha_k[t] : sha_k[t] >> 32;
        uint64_t one = v[7] + s1 + ((e & v[5]) ^ (~e & v[6])) + k + w[t];
        uint64_t two = s0 + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] = (v[4] + one) & sha->mask;
        v[0] = (one + two) & sha->mask;
    }
    for (size_t i = 0; i < 8; i++)
        sha->state[i] = (sha->state[i] + v[i]) & sha->mask;
    sha->used = 0;
}

static void sha_begin(struct sha *sha, unsigned bits)
{
    memset(sha, 0, sizeof *sha);
    sha->bits = bits;
    sha->mask = bits == 64 ? UINT64_MAX : UINT32_MAX;
    for (size_t i = 0; i < 8; i++)
        sha->state[i] = bits == 64 ? sha_h[i] : sha_h[i] >> 32;
}

static void sha_take(struct sha *sha, struct cw_span part)
{
    for (size_t at = 0; at < part.size; at++) {
        sha->block[sha->used++] = part.bytes[at];
        if (sha->used == sha->bits * 2)
            sha_block(sha);
    }
    sha->total += part.size;
}

static void sha_end(struct sha *sha, uint8_t *out)
{
    uint64_t total = sha->total * 8;
    uint8_t byte = 0x80, length[8];
    cw_put(length, total, 8);
    sha_take(sha, cw_span(&byte, 1));
    byte = 0;
    while (sha->used != sha->bits * 2 - 8)
        sha_take(sha, cw_span(&byte, 1));
    sha_take(sha, cw_span(length, 8));
    for (size_t i = 0; i < 8; i++)
        cw_put(out + i * sha->bits / 8, sha->state[i], sha->bits / 8);
}

void cw_sha256(const struct cw_span *parts, size_t count, uint8_t out[CW_HASH])
{
    struct sha sha;
    sha_begin(&sha, 32);
    for (size_t i = 0; i < count; i++)
        sha_take(&sha, parts[i]);
    sha_end(&sha, out);
}

/* ChaCha20-Poly1305. */

static uint32_t little(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void put_little(uint8_t *to, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static void quarter(uint32_t *x, size_t a, size_t b, size_t c, size_t d)
{
    static const unsigned turns[4] = { 16, 12, 8, 7 };
    for (size_t i = 0; i < 4; i++) {
        size_t to = i % 2 == 0 ? a : c, from = i % 2 == 0 ? b : d, mixed = i % 2 == 0 ? d : b;
        x[to] += x[from];
        x[mixed] ^= x[to];
        x[mixed] = x[mixed] << turns[i] | x[mixed] >> (32 - turns[i]);
    }
}

static void chacha_block(const uint8_t *key, const uint8_t *nonce, uint32_t counter, uint8_t out[64])
{
    uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, x[16];
    for (size_t i = 0; i < 8; i++)
        start[4 + i] = little(key + 4 * i);
    start[12] = counter;
    for (size_t i = 0; i < 3; i++)
        start[13 + i] = little(nonce + 4 * i);
    memcpy(x, start, sizeof x);
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < 4; i++)
            quarter(x, i, 4 + i, 8 + i, 12 + i);
        for (size_t i = 0; i < 4; i++)
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (size_t i = 0; i < 16; i++)
        put_little(out + 4 * i, x[i] + start[i]);
}

static void chacha(const uint8_t *key, const uint8_t *nonce, struct cw_span in, uint8_t *out)
{
    uint8_t stream[64];
    for (size_t at = 0; at < in.size; at++) {
        if (at % 64 == 0)
            chacha_block(key, nonce, (uint32_t)(at / 64) + 1, stream);
        out[at] = in.bytes[at] ^ stream[at % 64];
    }
}

/* The sum of Poly1305 in 17 limbs of 8 bits. */
struct poly {
    uint32_t h[17], r[17];
};

static void poly_block(struct poly *poly, const uint8_t *bytes)
{
    uint32_t x[17];
    for (size_t i = 0; i < 17; i++)
        poly->h[i] += i < 16 ? bytes[i] : 1;
    for (size_t i = 0; i < 17; i++) {
        x[i] = 0;
        /* 2^136 is 64 * 5 modulo 2^130 - 5. */
        for (size_t j = 0; j < 17; j++)
            x[i] += poly->h[j] * (j <= i ? poly->r[i - j] : 320 * poly->r[17 + i - j]);
    }
    for (int pass = 0; pass < 2; pass++) {
        uint32_t carry = 0;
        for (size_t i = 0; i < 16; i++) {
            carry += x[i];
            x[i] = carry & 255;
            carry >>= 8;
        }
        carry += x[16];
        x[16] = carry & 3;
        x[0] += 5 * (carry >> 2);
    }
    memcpy(poly->h, x, sizeof x);
}

static void poly_padded(struct poly *poly, struct cw_span part)
{
    for (size_t at = 0; at < part.size; at += 16) {
        uint8_t block[16] = { 0 };
        size_t left = part.size - at;
        memcpy(block, part.bytes + at, left < 16 ? left : 16);
        poly_block(poly, block);
    }
}

static void tag_of(const uint8_t *key, const uint8_t *nonce, struct cw_span associated, struct cw_span sealed,
                   uint8_t tag[CW_TAG])
{
    uint8_t once[64], lengths[16] = { 0 };
    struct poly poly = { { 0 }, { 0 } };
    chacha_block(key, nonce, 0, once);
    for (size_t i = 0; i < 16; i++)
        poly.r[i] = once[i];
    for (size_t i = 3; i < 16; i += 4)
        poly.r[i] &= 15;
    for (size_t i = 4; i < 16; i += 4)
        poly.r[i] &= 252;
    poly_padded(&poly, associated);
    poly_padded(&poly, sealed);
    put_little(lengths, (uint32_t)associated.size);
    put_little(lengths + 8, (uint32_t)sealed.size);
    poly_block(&poly, lengths);
    /* Fully reduced: h - p where that is not negative. p is 2^130 - 5, so h + 5 reaches 2^130 just then. */
    uint32_t carry = 5, g[17];
    for (size_t i = 0; i < 17; i++) {
        carry += poly.h[i];
        g[i] = carry & 255;
        carry >>= 8;
    }
    const uint32_t *reduced = g[16] >= 4 ? g : poly.h;
    carry = 0;
    for (size_t i = 0; i < 16; i++) {
        carry += reduced[i] + once[16 + i];
        tag[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

void cw_aead_seal(const uint8_t key[CW_KEY], const uint8_t nonce[12], struct cw_span associated, struct cw_span in,
                  uint8_t *out)
{
    chacha(key, nonce, in, out);
    tag_of(key, nonce, associated, cw_span(out, in.size), out + in.size);
}

bool cw_aead_open(const uint8_t key[CW_KEY], const uint8_t nonce[12], struct cw_span associated, struct cw_span in,
                  uint8_t *out)
{
    uint8_t tag[CW_TAG];
    if (in.size < CW_TAG)
        return false;
    struct cw_span sealed = cw_span(in.bytes, in.size - CW_TAG);
    tag_of(key, nonce, associated, sealed, tag);
    if (!cw_same(tag, in.bytes + sealed.size, CW_TAG))
        return false;
    chacha(key, nonce, sealed, out);
    return true;
}

/* The field of 2^255 - 19: eight words of 32 bits, below 2^256, where 2^256 is 38. */

typedef struct {
    uint32_t w[8];
} fe;

static const fe one = { { 1 } }, zero = { { 0 } };

static fe fe_fold(const uint32_t *low, uint64_t carry)
{
    fe out;
    memcpy(out.w, low, sizeof out.w);
    while (carry > 0) {
        carry *= 38;
        for (size_t i = 0; i < 8; i++) {
            carry += out.w[i];
            out.w[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    return out;
}

static fe fe_add(fe a, fe b)
{
    uint32_t low[8];
    uint64_t carry = 0;
    for (size_t i = 0; i < 8; i++) {
        carry += (uint64_t)a.w[i] + b.w[i];
        low[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return fe_fold(low, carry);
}

static fe fe_sub(fe a, fe b)
{
    int64_t borrow = 0;
    for (size_t i = 0; i < 8; i++) {
        borrow += (int64_t)a.w[i] - b.w[i];
        a.w[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (borrow < 0) {
        borrow *= 38;
        for (size_t i = 0; i < 8; i++) {
            borrow += a.w[i];
            a.w[i] = (uint32_t)borrow;
            borrow >>= 32;
        }
    }
    return a;
}

static fe fe_mul(fe a, fe b)
{
    uint32_t product[16] = { 0 }, low[8];
    for (size_t i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < 8; j++) {
            carry += (uint64_t)a.w[i] * b.w[j] + product[i + j];
            product[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product[i + 8] = (uint32_t)carry;
    }
    uint64_t carry = 0;
    for (size_t i = 0; i < 8; i++) {
        carry += (uint64_t)product[i + 8] * 38 + product[i];
        low[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return fe_fold(low, carry);
}

/* Below p. */
static fe fe_reduced(fe a)
{
    for (int pass = 0; pass < 2; pass++) {
        fe less = a;
        uint64_t carry = 19;
        for (size_t i = 0; i < 8; i++) {
            carry += less.w[i];
            less.w[i] = (uint32_t)carry;
            carry >>= 32;
        }
        /* a + 19 reaches 2^255 just where a reaches p. */
        if (carry > 0 || less.w[7] >> 31 > 0) {
            less.w[7] -= 0x80000000;
            a = less;
            /* 2^256 or more: two times p was in it. */
            if (carry > 0)
                a.w[7] += 0x80000000;
        }
    }
    return a;
}

static bool fe_same(fe a, fe b)
{
    a = fe_reduced(a);
    b = fe_reduced(b);
    return memcmp(a.w, b.w, sizeof a.w) == 0;
}

static fe fe_read(const uint8_t bytes[32])
{
    fe out;
    for (size_t i = 0; i < 8; i++)
        out.w[i] = little(bytes + 4 * i);
    out.w[7] &= 0x7FFFFFFF;
    return out;
}

static void fe_write(uint8_t bytes[32], fe a)
{
    a = fe_reduced(a);
    for (size_t i = 0; i < 8; i++)
        put_little(bytes + 4 * i, a.w[i]);
}

/* a to the power of 2^bits - 1, times 2^shift, plus rest. */
static fe fe_power(fe a, unsigned bits, unsigned shift, unsigned rest)
{
    fe out = one;
    for (unsigned i = 0; i < bits + shift; i++) {
        out = fe_mul(out, out);
        if (i < bits || (rest >> (bits + shift - 1 - i) & 1) != 0)
            out = fe_mul(out, a);
    }
    return out;
}

static fe fe_inverse(fe a)
{
    return fe_power(a, 250, 5, 11); /* p - 2 */
}

static fe fe_small(uint32_t value)
{
    fe out = zero;
    out.w[0] = value;
    return out;
}

bool cw_x25519(uint8_t out[CW_KEY], const uint8_t private_key[CW_KEY], const uint8_t public_key[CW_KEY])
{
    uint8_t k[32];
    memcpy(k, private_key, 32);
    k[0] &= 248;
    k[31] = (uint8_t)((k[31] & 127) | 64);
    fe x = fe_read(public_key), x2 = one, z2 = zero, x3 = x, z3 = one;
    for (int bit = 254; bit >= 0; bit--) {
        bool swap = (k[bit / 8] >> bit % 8 & 1) != 0;
        if (swap) {
            fe t = x2;
            x2 = x3;
            x3 = t;
            t = z2;
            z2 = z3;
            z3 = t;
        }
        fe a = fe_add(x2, z2), b = fe_sub(x2, z2), aa = fe_mul(a, a), bb = fe_mul(b, b), e = fe_sub(aa, bb);
        fe da = fe_mul(fe_sub(x3, z3), a), cb = fe_mul(fe_add(x3, z3), b);
        fe sum = fe_add(da, cb), difference = fe_sub(da, cb);
        x3 = fe_mul(sum, sum);
        z3 = fe_mul(x, fe_mul(difference, difference));
        x2 = fe_mul(aa, bb);
        z2 = fe_mul(e, fe_add(aa, fe_mul(fe_small(121665), e)));
        if (swap) {
            fe t = x2;
            x2 = x3;
            x3 = t;
            t = z2;
            z2 = z3;
            z3 = t;
        }
    }
    fe_write(out, fe_mul(x2, fe_inverse(z2)));
    uint8_t any = 0;
    for (size_t i = 0; i < 32; i++)
        any |= out[i];
    return any != 0;
}

void cw_x25519_public(uint8_t out[CW_KEY], const uint8_t private_key[CW_KEY])
{
    static const uint8_t base[32] = { 9 };
    (void)cw_x25519(out, private_key, base);
}

/* Ed25519: x and y over z, t = x y / z. */

typedef struct {
    fe x, y, z, t;
} point;

/* -121665 / 121666, computed once. */
static fe edwards_d(void)
{
    static fe d;
    if (fe_same(d, zero))
        d = fe_mul(fe_sub(zero, fe_small(121665)), fe_inverse(fe_small(121666)));
    return d;
}

static point point_add(point p, point q)
{
    fe d = edwards_d();
    fe a = fe_mul(fe_sub(p.y, p.x), fe_sub(q.y, q.x)), b = fe_mul(fe_add(p.y, p.x), fe_add(q.y, q.x));
    fe c = fe_mul(fe_mul(fe_add(p.t, p.t), q.t), d), f = fe_mul(fe_add(p.z, p.z), q.z);
    fe e = fe_sub(b, a), g = fe_sub(f, c), h = fe_add(f, c), i = fe_add(b, a);
    point sum = { fe_mul(e, g), fe_mul(h, i), fe_mul(g, h), fe_mul(e, i) };
    return sum;
}

static point point_times(const uint8_t scalar[32], point p)
{
    point out = { zero, one, one, zero };
    for (int bit = 255; bit >= 0; bit--) {
        out = point_add(out, out);
        if ((scalar[bit / 8] >> bit % 8 & 1) != 0)
            out = point_add(out, p);
    }
    return out;
}

static bool is_neutral(point p)
{
    return fe_same(p.x, zero) && fe_same(p.y, p.z);
}

static bool is_small(point p)
{
    for (int i = 0; i < 3; i++)
        p = point_add(p, p);
    return is_neutral(p);
}

static bool point_read(point *p, const uint8_t bytes[32])
{
    fe y = fe_read(bytes), yy = fe_mul(y, y);
    fe u = fe_sub(yy, one), v = fe_add(fe_mul(edwards_d(), yy), one), w = fe_mul(u, fe_inverse(v));
    /* A square root modulo p, which is 5 modulo 8. */
    fe x = fe_power(w, 251, 1, 0); /* to (p + 3) / 8 = 2^252 - 2 */
    if (!fe_same(fe_mul(x, x), w))
        x = fe_mul(x, fe_power(fe_small(2), 250, 3, 3)); /* a root of -1: 2^((p - 1) / 4) */
    if (!fe_same(fe_mul(x, x), w))
        return false;
    uint8_t plain[32];
    fe_write(plain, x);
    if ((plain[0] & 1) != bytes[31] >> 7)
        x = fe_sub(zero, x);
    p->x = x;
    p->y = y;
    p->z = one;
    p->t = fe_mul(x, y);
    return true;
}

/* Below the order of the group: a number of so many bytes, little-endian, modulo that. */
static const uint8_t order[32] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
};

static bool is_below_order(const uint8_t number[32])
{
    for (size_t i = 32; i > 0; i--)
        if (number[i - 1] != order[i - 1])
            return number[i - 1] < order[i - 1];
    return false;
}

static void modulo_order(const uint8_t *number, size_t size, uint8_t out[32])
{
    memset(out, 0, 32);
    for (size_t bit = size * 8; bit > 0; bit--) {
        unsigned carry = number[(bit - 1) / 8] >> (bit - 1) % 8 & 1;
        for (size_t i = 0; i < 32; i++) {
            carry |= (unsigned)out[i] << 1;
            out[i] = (uint8_t)carry;
            carry >>= 8;
        }
        if (!is_below_order(out)) {
            int borrow = 0;
            for (size_t i = 0; i < 32; i++) {
                borrow += out[i] - order[i];
                out[i] = (uint8_t)borrow;
                borrow >>= 8;
            }
        }
    }
}

bool cw_ed25519_verify(const uint8_t public_key[CW_KEY], struct cw_span label, struct cw_span message,
                       const uint8_t signature[CW_SIGNATURE])
{
    static const uint8_t base_bytes[32] = {
        0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
        0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    };
    point a, r, base;
    uint8_t digest[64], h[32];
    struct sha sha;
    if (!is_below_order(signature + 32) || !point_read(&a, public_key) || !point_read(&r, signature) ||
        !point_read(&base, base_bytes) || is_small(a) || is_small(r))
        return false;
    sha_begin(&sha, 64);
    sha_take(&sha, cw_span(signature, 32));
    sha_take(&sha, cw_span(public_key, 32));
    sha_take(&sha, label);
    sha_take(&sha, message);
    sha_end(&sha, digest);
    modulo_order(digest, sizeof digest, h);
    /* s B = R + h A */
    point left = point_times(signature + 32, base), right = point_add(r, point_times(h, a));
    return fe_same(fe_mul(left.x, right.z), fe_mul(right.x, left.z)) &&
           fe_same(fe_mul(left.y, right.z), fe_mul(right.y, left.z));
}

bool cw_same(const void *first, const void *second, size_t size)
{
    const uint8_t *a = first, *b = second;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

void cw_wipe(void *bytes, size_t size)
{
    volatile uint8_t *at = bytes;
    while (size-- > 0)
        *at++ = 0;
}
