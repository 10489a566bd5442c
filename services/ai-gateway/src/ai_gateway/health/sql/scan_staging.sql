CREATE TEMPORARY TABLE IF NOT EXISTS new_hours (
    hour timestamptz, device integer, site integer, samples integer[], total double precision[], low real[],
    high real[], latest real[], latest_at timestamptz
) ON COMMIT DELETE ROWS
