"""fulfil: in-store fulfilment for new retail. Paid orders are picked, packed and handed over in minutes."""
