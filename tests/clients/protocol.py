"""Twinline's protocol, written from docs/protocol.md alone: shares no code and no cryptography with Twinline.

Computes every test vector anew from the keys that stand beside it (X25519 and ChaCha20-Poly1305 of PyPI `cryptography`,
BLAKE2s of Python itself; Noise, bech32m and CBOR are below) and compares byte by byte. Then it changes each value of each
file in turn: one that may be changed without being noticed would prove nothing.

Usage: protocol.py FOLDER-WITH-VECTORS
"""

import copy
import functools
import hashlib
import hmac
import json
import math
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


class Differs(Exception):
    pass


def same(what, got, want):
    if got != want:
        raise Differs(f"{what}: computed {str(got)[:200]}, the file says {str(want)[:200]}")


# Derived values: BLAKE2s-256 (RFC 7693), plain or as HMAC (RFC 2104), over a label and parts with their lengths.


def blake2s(data):
    return hashlib.blake2s(data).digest()


def labelled(label, parts):
    return label.encode() + b"\0" + b"".join(struct.pack(">I", len(part)) + part for part in parts)


def derived(label, *parts):
    return blake2s(labelled(label, parts))


def keyed(key, label, *parts):
    return hmac.new(key, labelled(label, parts), hashlib.blake2s).digest()


# Noise, revision 34.


def public(private):
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def dh(private, theirs):
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(theirs))


class Noise:
    """The symmetric state of section 5.2, and the tokens of a pattern with a pre-shared key."""

    def __init__(self, name, prologue):
        name = name.encode()
        self.h = name.ljust(32, b"\0") if len(name) <= 32 else blake2s(name)
        self.ck = self.h
        self.key, self.n = None, 0
        self.mix_hash(prologue)

    def hkdf(self, data, outputs):
        temp = hmac.new(self.ck, data, hashlib.blake2s).digest()
        made, last = [], b""
        for number in range(1, outputs + 1):
            last = hmac.new(temp, last + bytes([number]), hashlib.blake2s).digest()
            made.append(last)
        return made

    def mix_hash(self, data):
        self.h = blake2s(self.h + data)

    def mix_key(self, data):
        self.ck, self.key = self.hkdf(data, 2)
        self.n = 0

    def psk(self, key):
        self.ck, hashed, self.key = self.hkdf(key, 3)
        self.n = 0
        self.mix_hash(hashed)

    def e(self, ephemeral):
        self.mix_hash(ephemeral)
        self.mix_key(ephemeral)  # because a pre-shared key is used, section 9.2
        return ephemeral

    def sealed(self, plain):
        text = ChaCha20Poly1305(self.key).encrypt(struct.pack("<IQ", 0, self.n), plain, self.h)
        self.n += 1
        self.mix_hash(text)
        return text


def ik_psk1(name, prologue, initiator, responder, psk, e1, payload1, e2, payload2):
    """Both messages; `initiator` and the others are private keys."""
    state = Noise(name, prologue)
    state.mix_hash(public(responder))
    first = state.e(public(e1))
    state.mix_key(dh(e1, public(responder)))
    first += state.sealed(public(initiator))
    state.mix_key(dh(initiator, public(responder)))
    state.psk(psk)
    first += state.sealed(payload1)
    second = state.e(public(e2))
    state.mix_key(dh(e2, public(e1)))
    state.mix_key(dh(e2, public(initiator)))
    return first, second + state.sealed(payload2)


class KkPsk0:
    def __init__(self, name, prologue, initiator, responder, psk):
        self.state, self.initiator, self.responder = Noise(name, prologue), initiator, responder
        self.state.mix_hash(public(initiator))
        self.state.mix_hash(public(responder))
        self.state.psk(psk)

    def first(self, e1, payload):
        self.e1 = public(e1)
        message = self.state.e(self.e1)
        self.state.mix_key(dh(e1, public(self.responder)))
        self.state.mix_key(dh(self.initiator, public(self.responder)))
        return message + self.state.sealed(payload)

    def second(self, e2, payload):
        message = self.state.e(public(e2))
        self.state.mix_key(dh(e2, self.e1))
        self.state.mix_key(dh(e2, public(self.initiator)))
        return message + self.state.sealed(payload)


# CBOR (RFC 8949), as much of it as our bodies use.


def cbor(data):
    value, rest = item(data)
    same("bytes behind the body", rest, b"")
    return value


def item(data):
    major, short, data = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7:
        if short in (20, 21, 22):
            return {20: False, 21: True, 22: None}[short], data
        raise Differs(f"a simple value of {short}")
    if short >= 24:
        size = 1 << (short - 24)
        short, data = int.from_bytes(data[:size], "big"), data[size:]
    if major == 0:
        return short, data
    if major == 1:
        return -1 - short, data
    if major == 2:
        return "0x" + data[:short].hex(), data[short:]
    if major == 3:
        return data[:short].decode(), data[short:]
    values = []
    for _ in range(short * (major - 3)):
        value, data = item(data)
        values.append(value)
    if major == 4:
        return values, data
    if major == 5:
        return dict(zip(values[::2], values[1::2])), data
    raise Differs(f"an item of kind {major}")


def bytes_of(text):
    return bytes.fromhex(text)


# The pairing.


def pairing(file):
    issuer, partner = bytes_of(file["issuer_private"]), bytes_of(file["partner_private"])
    secret = bytes_of(file["secret"])
    same("issuer_public", public(issuer).hex(), file["issuer_public"])
    same("partner_public", public(partner).hex(), file["partner_public"])
    invitation = derived("twinline invitation v1", secret)[:16]
    same("invitation_id", invitation.hex(), file["invitation_id"])
    connection = derived("twinline connection v1", invitation)[:16]
    same("connection_id", connection.hex(), file["connection_id"])
    opening = keyed(issuer, "twinline opening v1", secret)
    same("opening", opening.hex(), file["opening"])
    commitment = derived("twinline commitment v1", opening)[:16]
    same("commitment", commitment.hex(), file["commitment"])
    psk = keyed(secret + bytes(16), "twinline pairing psk v1")
    same("psk", psk.hex(), file["psk"])
    prologue = b"twinline pairing\0\x01" + invitation
    same("prologue", prologue.hex(), file["prologue"])
    value = derived("twinline comparison v1", public(issuer), invitation, public(partner), opening)
    number = int.from_bytes(derived("twinline comparison digits v1", value)[:8], "big") % 1_000_000
    for one in file["exchanges"]:
        request, answer = bytes_of(one["request"]["body"]), bytes_of(one["answer"]["body"])
        said = cbor(answer)
        accepted = isinstance(said, dict) and "accepted" in said
        payload = (b"\1" + opening if accepted else b"\0") + answer
        first, second = ik_psk1(
            file["noise"], prologue, partner, issuer, psk,
            bytes_of(one["request"]["ephemeral_private"]), request,
            bytes_of(one["answer"]["ephemeral_private"]), payload,
        )  # fmt: skip
        same("request", (b"\1" + first).hex(), one["request"]["frame"])
        same("answer", (b"\1" + second).hex(), one["answer"]["frame"])
        same("request says", cbor(request), one["request"]["says"])
        same("answer says", said, one["answer"]["says"])
        comparison = {"value": value.hex(), "digits": f"{number // 1000:03} {number % 1000:03}"}
        same("comparison", comparison if accepted else None, one.get("comparison"))


# The exchange.


def exchange_prologue(connection, caller):
    return b"twinline exchange\0\x01" + connection.encode() + b"\0" + caller


def framed(message):
    return b"\1" + struct.pack(">H", len(message)) + message


def exchange(file):
    sides = bytes_of(file["public_side_private"]), bytes_of(file["private_side_private"])
    for one in file["exchanges"]:
        caller = next((side for side in sides if public(side).hex() == one["caller_public"]), None)
        if caller is None:
            raise Differs("nobody of the two calls")
        called = sides[0] if caller == sides[1] else sides[1]
        prologue = exchange_prologue(file["connection_id"], public(caller))
        same("prologue", prologue.hex(), one["prologue"])
        noise = KkPsk0(file["noise"], prologue, caller, called, bytes_of(file["psk"]))
        for side, turn in (("request", noise.first), ("answer", noise.second)):
            body = bytes_of(one[side]["body"])
            frame = framed(turn(bytes_of(one[side]["ephemeral_private"]), b"\0" + body))
            same(side, frame.hex(), one[side]["frame"])
            same(f"{side} says", cbor(body), one[side]["says"])
            same(f"hash after the {side}", noise.state.h.hex(), one[f"hash_after_{side}"])


# Bodies in chunks, under the keys of the exchange's vectors.

INLINE, CHUNK = 65_486, 65_536


@functools.cache
def body_of(length):
    return bytes((i * 31 + 7) % 251 for i in range(length))


def large(keys, pair):
    public_side, private_side = bytes_of(keys["public_side_private"]), bytes_of(keys["private_side_private"])
    prologue = exchange_prologue(keys["connection_id"], public(private_side))
    noise = KkPsk0(keys["noise"], prologue, private_side, public_side, bytes_of(keys["psk"]))
    for turn, one in zip((noise.first, noise.second), pair, strict=True):
        body, ephemeral = body_of(one["length"]), bytes_of(one["ephemeral_private"])
        if len(body) <= INLINE:
            message, key = turn(ephemeral, b"\0" + body), None
            head, chunks = framed(message)[:3], []
            frame = framed(message)
        else:
            key, length = bytes_of(one["content_key"]), struct.pack(">Q", len(body))
            head = framed(turn(ephemeral, b"\1" + key + length))
            pieces = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]
            chunks = [
                ChaCha20Poly1305(key).encrypt(
                    bytes([number + 1 == len(pieces), 0, 0, 0]) + struct.pack(">Q", number),
                    piece,
                    noise.state.h + length,
                )
                for number, piece in enumerate(pieces)
            ]
            frame = head + b"".join(chunks)
        same("content_key", key and key.hex(), one["content_key"])
        same("head", head.hex(), one["head"])
        same("chunks", [blake2s(chunk).hex() for chunk in chunks], one["chunks"])
        same("last_tag", chunks[-1][-16:].hex() if chunks else None, one["last_tag"])
        same("frame", blake2s(frame).hex(), one["frame"])


# Invitation codes: bech32m (BIP 350).

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def checksum(values):
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def name(text):
    data = text.encode()
    return bytes([len(data)]) + data


def invitation(one):
    data = bytes([1, one["script"] | one["code_holder"] << 1])
    data += bytes_of(one["key"]) + bytes_of(one["secret"]) + bytes_of(one["commitment"])
    data += struct.pack(">Q", one["expires_s"])[3:] + name(one["company"]) + bytes([len(one["carriers"])])
    for kind, body in one["carriers"]:
        data += bytes([kind]) + struct.pack(">H", len(body) // 2) + bytes_of(body)
    if one["person"] or one["project"]:
        data += name(one["person"]) + name(one["project"])
    length = math.ceil((len(data) + 2) * 8 / 5) + 6
    high, low = length >> 5, length & 31
    head = high << 11 | low << 6 | (high + 3 * low + 7) % 32 << 1
    data = struct.pack(">H", head) + data
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    prefix = [ord(c) >> 5 for c in "twl"] + [0] + [ord(c) & 31 for c in "twl"]
    check = checksum(prefix + values + [0] * 6) ^ 0x2BC830A3
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    text = "".join(ALPHABET[value] for value in values)
    same("length in the head", length, len(text))
    same("code", " ".join(["twl1", *(text[at : at + 5] for at in range(0, len(text), 5))]), one["code"])


# Numbered messages and markers.


def messages(file):
    chain = ""
    for number, one in enumerate(file["messages"], 1):
        same("seq", number, one["seq"])
        body = bytes_of(one["body"])
        same("says", cbor(body), one["says"])
        parts = chain.encode(), struct.pack(">Q", number), one["kind"].encode(), body
        chain = derived("twinline chain v1", *parts).hex()
        same("chain", chain, one["chain"])
    key = keyed(bytes_of(file["psk"]), "twinline marker key v1")
    same("marker_key", key.hex(), file["marker_key"])
    for one in file["markers"]:
        parts = [struct.pack(">I", 1)] + [one[part].encode() for part in ("connection", "node", "item")]
        if one["attempt"]:
            parts.append(struct.pack(">I", one["attempt"]))
        same("mac", keyed(key, "twinline marker v1", *parts).hex(), one["mac"])


# A change of anything in a file must be noticed.


def changes(value, at=()):
    """Paths of all single values, and what each becomes."""
    if isinstance(value, dict):
        for key in value:
            if key != "name":  # for people
                yield from changes(value[key], (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from changes(inner, (*at, index))
    elif isinstance(value, bool):
        yield at, not value
    elif isinstance(value, int):
        yield at, value + 1
    elif isinstance(value, str) and value:
        for place in {0, len(value) // 2, len(value) - 1}:
            other = "1" if value[place] == "0" else "0"
            yield at, value[:place] + other + value[place + 1 :]


def changed(value, at, new):
    value = copy.deepcopy(value)
    inner = value
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = new
    return value


def check(path, test, vector):
    """Compares, and gives the number of changes that were noticed."""
    try:
        test(vector)
    except Differs as wrong:
        sys.exit(f"{path}: {wrong}")
    noticed = 0
    for at, new in changes(vector):
        try:
            test(changed(vector, at, new))
        except Exception:  # in whatever way: it is no longer the vector that was computed
            noticed += 1
        else:
            sys.exit(f"{path}: {'.'.join(map(str, at))} may be changed, and nobody would notice")
    return noticed


def main():
    folder = pathlib.Path(sys.argv[1])
    read = {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    expected = ["chunks.json", "exchange.json", "invitations.json", "messages.json", "pairing.json"]
    same("the files", list(read), expected)
    total = 0
    for file, test in (("pairing.json", pairing), ("exchange.json", exchange), ("messages.json", messages)):
        total += check(file, test, read[file])
    for one in read["invitations.json"]:
        total += check("invitations.json", invitation, one)
    for pair in read["chunks.json"]:
        total += check("chunks.json", lambda pair: large(read["exchange.json"], pair), pair)
    print(f"All vectors are as computed; each of {total} changes was noticed.")


if __name__ == "__main__":
    main()
