-- Every word that is true of a device `v`, so that one that is offline and recorded in error is found by both.
array_remove(ARRAY[
    v.condition, v.connectivity,
    CASE WHEN v.health_state IN ('error', 'warning', 'maintenance') THEN v.health_state END,
    CASE WHEN v.condition = 'online' THEN 'healthy' END,
    CASE WHEN v.lifecycle_state = 'pending' THEN 'pending' END
], NULL)
