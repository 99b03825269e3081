"""Where folders that may not import each other meet: events, the Stage and Promise protocols.

Only the standard library is imported here. Events are past tense, frozen and carry all that a
subscriber needs, because a subscriber may not read the publisher's tables.
"""
