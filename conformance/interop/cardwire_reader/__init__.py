"""A Cardwire reader, written from the book, `spec/protocol.toml` and the vectors alone.

It shares no line with the reference reader, and nobody looked into that one to write it: what it does is what the book
says to somebody who has nothing else. Names of chapters in its comments are those of the book.
"""
