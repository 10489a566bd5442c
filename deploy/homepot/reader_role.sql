-- The role by which the AI gateway reads HOMEPOT's database: SELECT on the tables and columns named here, nothing else.
--
-- Run once, and again after every HOMEPOT upgrade, as a superuser connected to HOMEPOT's database:
--
--     psql "postgresql://postgres@homepot-db/homepot_db" -v reader_password="$(cat reader_password)" -f reader_role.sql
--
-- Safe to repeat: it takes back everything the role had and grants the list below again. A table or column that an
-- older HOMEPOT lacks is reported as a NOTICE and left out. The password may be a ready SCRAM verifier
-- (SCRAM-SHA-256$...): then the clear text never reaches the server or its log.
--
-- All this covers one database: other databases of the same server need their own
-- REVOKE CONNECT ... FROM PUBLIC where they hold anything that PUBLIC may read.
--
-- The grants are the boundary. Timeouts and "read only" below are seat belts that a session could take off.

\set ON_ERROR_STOP on
BEGIN;
SELECT set_config('homepot_reader.password', :'reader_password', true) IS NOT NULL AS password_given;

-- 1. The role: may sign in, may do nothing else. Membership in another role would be a hole in the list below.
DO $role$
BEGIN
    IF current_setting('homepot_reader.password') = '' THEN
        RAISE EXCEPTION 'reader_password is empty';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'homepot_ai_reader') THEN
        CREATE ROLE homepot_ai_reader;
    END IF;
    IF EXISTS (SELECT FROM pg_auth_members WHERE member = 'homepot_ai_reader'::regrole) THEN
        RAISE EXCEPTION 'homepot_ai_reader is a member of another role: revoke that first';
    END IF;
    EXECUTE format(
        'ALTER ROLE homepot_ai_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS'
        ' CONNECTION LIMIT 20 PASSWORD %L',
        current_setting('homepot_reader.password')
    );
END
$role$;

ALTER ROLE homepot_ai_reader SET default_transaction_read_only = on;
ALTER ROLE homepot_ai_reader SET statement_timeout = '5s';
ALTER ROLE homepot_ai_reader SET lock_timeout = '500ms';
ALTER ROLE homepot_ai_reader SET idle_in_transaction_session_timeout = '10s';
-- HOMEPOT keeps UTC in columns without a time zone: comparing them with aware ones is right in UTC only.
ALTER ROLE homepot_ai_reader SET timezone = 'UTC';
ALTER ROLE homepot_ai_reader SET search_path = public;

-- 2. Nothing by default. Postgres lets every role (PUBLIC) make temporary tables in a new database, in PUBLIC's name
--    and not the reader's, so that right is taken from PUBLIC. The database's owner and superusers keep theirs: HOMEPOT
--    signs in as its owner, and makes no temporary tables. The same goes for CREATE in schema public, which databases
--    from before Postgres 15 still grant.
DO $nothing$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM homepot_ai_reader', current_database());
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO homepot_ai_reader', current_database());
END
$nothing$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM homepot_ai_reader;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM homepot_ai_reader;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM homepot_ai_reader;
GRANT USAGE ON SCHEMA public TO homepot_ai_reader;
-- Large objects are the one other thing that any role may write by default. HOMEPOT stores none.
REVOKE EXECUTE ON FUNCTION
    lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea),
    lo_open(oid, integer), lowrite(integer, bytea), lo_truncate(integer, integer), lo_truncate64(integer, bigint),
    lo_unlink(oid)
FROM PUBLIC;

-- 3. What the reader sees. Left out on purpose, besides password, key, token and credential columns: people's network
--    addresses and browsers, stack traces, idempotency keys, and the table user_activities.
DO $grants$
DECLARE
    grants CONSTANT text[] := ARRAY[
        'alembic_version: version_num',
        'alerts: id timestamp device_id site_id title description severity category status resolved_at resolved_by'
        ' resolution_notes ai_recommendation ai_confidence',
        'api_request_logs: id timestamp endpoint method status_code response_time_ms error_message',
        'audit_logs: id event_type description user_id job_id device_id site_id old_values new_values event_metadata'
        ' created_at',
        'configuration_history: id timestamp entity_type entity_id parameter_name old_value new_value changed_by'
        ' change_reason change_type performance_before performance_after was_successful was_rolled_back'
        ' rollback_reason rollback_performance rollback_success rolled_back_at provenance',
        'device_assignments: id assignment_id device_id site_id tenant_id assignment_reason assigned_at unassigned_at'
        ' is_current created_at',
        'device_commands: id command_id device_id command_type payload status result created_at sent_at executed_at',
        'device_credentials: id credential_id device_id created_at rotated_at revoked_at is_active',
        'device_lifecycle_events: id event_id device_id epoch_id from_state to_state triggered_by_user_id'
        ' triggered_by_device_id reason created_at',
        'device_metrics: id timestamp device_id cpu_percent memory_percent disk_percent network_latency_ms'
        ' transaction_count transaction_volume error_rate active_connections queue_depth extra_metrics provenance'
        ' collection_interval_seconds',
        'device_state_history: id timestamp device_id previous_state new_state changed_by reason extra_data provenance',
        'devices: id device_id name device_type status lifecycle_state health_state site_id enrollment_method'
        ' lifecycle_epoch_id ip_address mac_address os_details local_ip wan_ip firmware_version last_seen'
        ' last_heartbeat_at peripherals device_permissions capabilities push_channel config is_active is_monitored'
        ' is_simulated created_at updated_at',
        'enrolment_intents: id intent_id site_id tenant_id enrolment_method expected_device_identity expires_at'
        ' consumed_at creator_id status created_at updated_at',
        'error_logs: id timestamp category severity error_code error_message endpoint user_id context resolved'
        ' resolved_at provenance',
        -- The whole table: it is a hypertable under TimescaleDB, whose compressed parts know no column grants.
        'health_checks: *',
        'job_outcomes: id timestamp job_id job_type device_id status duration_ms error_code error_message retry_count'
        ' initiated_by extra_data provenance',
        'jobs: id job_id action description priority status site_id device_id segment payload config_url'
        ' config_version ttl_seconds collapse_key scheduled_at started_at completed_at result error_message created_by'
        ' created_at updated_at',
        'lifecycle_epochs: id epoch_id device_id site_id tenant_id claimed_at ended_at enrolment_method created_at'
        ' updated_at',
        'push_notification_logs: id message_id device_id job_id provider payload sent_at received_at latency_ms status'
        ' error_code error_message',
        'site_memberships: id user_id site_id role created_at updated_at',
        'site_operating_schedules: id site_id day_of_week open_time close_time is_closed is_maintenance_window'
        ' expected_transaction_volume peak_hours_start peak_hours_end notes special_considerations',
        'sites: id site_id name description location latitude longitude tenant_id is_active is_monitored'
        ' lifecycle_state created_at updated_at',
        'tenant_memberships: id user_id tenant_id role created_at updated_at',
        'tenants: id name slug settings is_active created_at updated_at',
        'users: id username email full_name role is_active is_admin tenant_id created_at updated_at'
    ];
    line text;
    relation text;
    wanted text[];
    present text[];
    missing text[];
BEGIN
    FOREACH line IN ARRAY grants LOOP
        relation := split_part(line, ': ', 1);
        wanted := string_to_array(split_part(line, ': ', 2), ' ');
        IF to_regclass(format('public.%I', relation)) IS NULL THEN
            RAISE NOTICE 'this HOMEPOT has no table %', relation;
        ELSIF wanted = ARRAY['*'] THEN
            EXECUTE format('GRANT SELECT ON public.%I TO homepot_ai_reader', relation);
        ELSE
            SELECT array_agg(attname::text) INTO present
            FROM pg_attribute
            WHERE attrelid = format('public.%I', relation)::regclass
                AND attnum > 0 AND NOT attisdropped AND attname = ANY (wanted);
            SELECT array_agg(name) INTO missing FROM unnest(wanted) AS name WHERE name <> ALL (present);
            EXECUTE format(
                'GRANT SELECT (%s) ON public.%I TO homepot_ai_reader',
                (SELECT string_agg(quote_ident(name), ', ') FROM unnest(present) AS name),
                relation
            );
            IF missing IS NOT NULL THEN
                RAISE NOTICE 'this HOMEPOT has no %.(%)', relation, array_to_string(missing, ', ');
            END IF;
        END IF;
    END LOOP;
END
$grants$;
COMMIT;
