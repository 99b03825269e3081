"""What the pages at a desk share, the supervisor's board and the operators' console.

The way in (`gate.js`), small pieces (`parts.js`), an order's timeline, their words and their look
(`desk.css`).
"""
