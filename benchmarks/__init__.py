"""Makes every committed table and checkpoint, and measures speed."""
