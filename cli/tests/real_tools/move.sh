#!/bin/sh
# Moves the card in the first virtual reader, as an arm on a bench does: it ends when the PC/SC service sees that the card is there,
# or gone, and not before.
#
#   move.sh CARDWIRE insert|remove SOCKET
"$1" card "$2" --quiet --control "unix:$3" || exit
case $2 in
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
