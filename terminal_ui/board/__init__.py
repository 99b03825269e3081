"""The supervisor's board at `/board`: work by stage with the late first, people, exceptions, and the acts.

`state.js` holds the snapshot and keeps it fresh; `floor.js` shows it; `drawer.js` is one ticket with its acts
and its order's timeline; `people.js` is who works here, `devices.js` on what; `opening.js` opens and closes
the shop.
"""
