#!/bin/sh
# Moves the card in the first virtual reader, as an arm on a bench does: it ends when the PC/SC service sees that the card is there and
# answers to its reset, or that it is gone, and not before. A card that the service takes for mute made no contact: it is put in again.
#
#   move.sh CARDWIRE insert|remove SOCKET
cardwire=$1
socket=$3

move() {
    "$cardwire" card "$1" --quiet --control "unix:$socket" || exit
    case $1 in
    insert) sees=Yes ;;
    *) sees=No ;;
    esac
    tries=0
    until opensc-tool --list-readers | grep -q "^0  *$sees"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 200 ]; then
            echo "the PC/SC service does not see the card's move; it sees:" >&2
            opensc-tool --list-readers >&2
            exit 1
        fi
        sleep 0.05
    done
}

move "$2"
if [ "$2" = insert ]; then
    contacts=1
    until opensc-tool --reader 0 --atr >/dev/null 2>&1; do
        contacts=$((contacts + 1))
        if [ "$contacts" -gt 5 ]; then
            echo "the PC/SC service takes the card for mute, $contacts times" >&2
            exit 1
        fi
        move remove
        move insert
    done
fi
