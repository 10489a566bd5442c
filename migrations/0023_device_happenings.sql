-- depends: 0018_predictions

-- What HOMEPOT tells of devices besides readings, the first of each kind in each hour: what prediction learns from. Kept longer
-- than HOMEPOT may keep it, and read there once.
CREATE TABLE ai_device_happenings (
    hour timestamptz NOT NULL,
    device integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (hour, device, kind)
);
