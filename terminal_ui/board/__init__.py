"""The supervisor's board at `/board`: work by stage with the late first, people, what to decide, figures.

`state.js` holds the snapshot and keeps it fresh; `floor.js` shows it with `tickets.js`, `exceptions.js` and
`crew.js`; `bulk.js` acts on what is selected, `keys.js` hears the keyboard; `drawer.js` is one ticket with
its acts and its order's timeline; `plan.js` draws the floor with who is where; `figures.js` shows how the
shop did; `people.js` is who works here, `devices.js` on what; `opening.js` opens and closes the shop,
`throttle.js` says how much may begin; `printing.js` puts pick lists on paper.
"""
