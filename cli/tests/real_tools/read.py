"""Prints the ICCID and the IMSI of the card in a reader: a client of PC/SC that shares nothing with Cardwire."""

import sys

from smartcard.System import readers

GET_RESPONSE = [0x00, 0xC0, 0x00, 0x00]


def transmit(connection, apdu):
    """One command, and whatever the card has to say to it."""
    data, sw1, sw2 = connection.transmit(apdu)
    if sw1 == 0x61:
        data, sw1, sw2 = connection.transmit(GET_RESPONSE + [sw2])
    elif sw1 == 0x6C:
        data, sw1, sw2 = connection.transmit(apdu[:4] + [sw2])
    assert (sw1, sw2) == (0x90, 0x00), f"{bytes(apdu).hex()}: {sw1:02x}{sw2:02x}"
    return data


def digits(data):
    """Nibbles in swapped order, up to the filler."""
    return "".join(f"{byte & 0x0F:x}{byte >> 4:x}" for byte in data).rstrip("f")


def main():
    (reader,) = [reader for reader in readers() if sys.argv[1] in str(reader)]
    connection = reader.createConnection()
    connection.connect()
    transmit(connection, [0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2])
    print(digits(transmit(connection, [0x00, 0xB0, 0x00, 0x00, 0x00])))
    transmit(connection, [0x00, 0xA4, 0x04, 0x04, 0x07, 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02])
    transmit(connection, [0x00, 0xA4, 0x00, 0x04, 0x02, 0x6F, 0x07])
    imsi = transmit(connection, [0x00, 0xB0, 0x00, 0x00, 0x00])
    print(digits(imsi[1 : 1 + imsi[0]])[1:])
    connection.disconnect()


main()
