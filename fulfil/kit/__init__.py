"""The ground floor: database, tasks, events, web edge, security. It knows no business."""
