"""One shop served by several processes on PostgreSQL and Redis: what one does, the others' devices see."""
