"""Pages for people: devices, services, suppliers, orders, activities and everything around them, under `/portal/`."""
