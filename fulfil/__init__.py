"""fulfil: in-store fulfilment for new retail — paid orders are picked, packed and handed over within minutes."""
