-- HOMEPOT's schema as its backend creates it on an empty database (revision of 2026-08-22), for plain PostgreSQL.
-- There are no defaults but the id sequences: every INSERT fills every NOT NULL column itself.

CREATE TABLE alembic_version (
    version_num varchar(64) NOT NULL,
    CONSTRAINT alembic_version_pkey PRIMARY KEY (version_num)
);

CREATE TABLE alerts (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    device_id varchar(50),
    site_id integer,
    title varchar(255) NOT NULL,
    description text,
    severity varchar(20) NOT NULL,
    category varchar(50) NOT NULL,
    status varchar(20),
    resolved_at timestamp,
    resolved_by varchar(255),
    resolution_notes text,
    ai_recommendation text,
    ai_confidence double precision,
    CONSTRAINT alerts_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_alert_device ON alerts (device_id);
CREATE INDEX idx_alert_status_severity ON alerts (status, severity);
CREATE INDEX ix_alerts_device_id ON alerts (device_id);
CREATE INDEX ix_alerts_id ON alerts (id);
CREATE INDEX ix_alerts_site_id ON alerts (site_id);
CREATE INDEX ix_alerts_status ON alerts (status);
CREATE INDEX ix_alerts_timestamp ON alerts ("timestamp");

CREATE TABLE api_request_logs (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    endpoint varchar(255) NOT NULL,
    method varchar(10) NOT NULL,
    status_code integer NOT NULL,
    response_time_ms double precision NOT NULL,
    user_id varchar(255),
    ip_address varchar(45),
    user_agent varchar(500),
    error_message text,
    request_size_bytes integer,
    response_size_bytes integer,
    CONSTRAINT api_request_logs_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_status_code ON api_request_logs (status_code);
CREATE INDEX idx_timestamp_endpoint ON api_request_logs ("timestamp", endpoint);
CREATE INDEX ix_api_request_logs_endpoint ON api_request_logs (endpoint);
CREATE INDEX ix_api_request_logs_id ON api_request_logs (id);
CREATE INDEX ix_api_request_logs_timestamp ON api_request_logs ("timestamp");
CREATE INDEX ix_api_request_logs_user_id ON api_request_logs (user_id);

CREATE TABLE audit_logs (
    id serial NOT NULL,
    event_type varchar(50) NOT NULL,
    description text NOT NULL,
    user_id integer,
    job_id integer,
    device_id integer,
    site_id integer,
    old_values json,
    new_values json,
    event_metadata json,
    ip_address varchar(45),
    user_agent varchar(500),
    created_at timestamptz,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_audit_logs_id ON audit_logs (id);

CREATE TABLE configuration_history (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    entity_type varchar(50) NOT NULL,
    entity_id varchar(255) NOT NULL,
    parameter_name varchar(255) NOT NULL,
    old_value json,
    new_value json NOT NULL,
    changed_by varchar(255) NOT NULL,
    change_reason text,
    change_type varchar(50),
    performance_before json,
    performance_after json,
    was_successful boolean,
    was_rolled_back boolean,
    rollback_reason text,
    rollback_performance json,
    rollback_success boolean,
    rolled_back_at timestamp,
    provenance varchar(20),
    CONSTRAINT configuration_history_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_change_type ON configuration_history (change_type);
CREATE INDEX idx_entity_timestamp ON configuration_history (entity_type, entity_id, "timestamp");
CREATE INDEX ix_configuration_history_entity_id ON configuration_history (entity_id);
CREATE INDEX ix_configuration_history_entity_type ON configuration_history (entity_type);
CREATE INDEX ix_configuration_history_id ON configuration_history (id);
CREATE INDEX ix_configuration_history_provenance ON configuration_history (provenance);
CREATE INDEX ix_configuration_history_timestamp ON configuration_history ("timestamp");

CREATE TABLE device_assignments (
    id serial NOT NULL,
    assignment_id varchar(36) NOT NULL,
    device_id integer NOT NULL,
    site_id integer NOT NULL,
    tenant_id integer,
    assignment_reason varchar(100),
    assigned_at timestamptz NOT NULL,
    unassigned_at timestamptz,
    is_current boolean NOT NULL,
    created_at timestamptz,
    CONSTRAINT device_assignments_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_device_assignments_device_id ON device_assignments (device_id);
CREATE INDEX ix_device_assignments_id ON device_assignments (id);
CREATE UNIQUE INDEX ix_device_assignments_assignment_id ON device_assignments (assignment_id);

CREATE TABLE device_commands (
    id serial NOT NULL,
    command_id varchar(50) NOT NULL,
    device_id integer NOT NULL,
    command_type varchar(50) NOT NULL,
    payload json,
    status varchar(20),
    result json,
    created_at timestamptz,
    sent_at timestamptz,
    executed_at timestamptz,
    CONSTRAINT device_commands_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_device_commands_id ON device_commands (id);
CREATE UNIQUE INDEX ix_device_commands_command_id ON device_commands (command_id);

CREATE TABLE device_credentials (
    id serial NOT NULL,
    credential_id varchar(36) NOT NULL,
    device_id integer NOT NULL,
    key_hash varchar(255) NOT NULL,
    created_at timestamptz NOT NULL,
    rotated_at timestamptz,
    revoked_at timestamptz,
    is_active boolean NOT NULL,
    CONSTRAINT device_credentials_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_device_credentials_device_id ON device_credentials (device_id);
CREATE INDEX ix_device_credentials_id ON device_credentials (id);
CREATE UNIQUE INDEX ix_device_credentials_credential_id ON device_credentials (credential_id);

CREATE TABLE device_lifecycle_events (
    id serial NOT NULL,
    event_id varchar(36) NOT NULL,
    device_id integer NOT NULL,
    epoch_id integer,
    from_state varchar(20),
    to_state varchar(20),
    triggered_by_user_id integer,
    triggered_by_device_id integer,
    reason text,
    idempotency_key varchar(100),
    created_at timestamptz,
    CONSTRAINT device_lifecycle_events_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_device_lifecycle_events_device_id ON device_lifecycle_events (device_id);
CREATE INDEX ix_device_lifecycle_events_epoch_id ON device_lifecycle_events (epoch_id);
CREATE INDEX ix_device_lifecycle_events_id ON device_lifecycle_events (id);
CREATE INDEX ix_device_lifecycle_events_idempotency_key ON device_lifecycle_events (idempotency_key);
CREATE UNIQUE INDEX ix_device_lifecycle_events_event_id ON device_lifecycle_events (event_id);

CREATE TABLE device_metrics (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    device_id integer NOT NULL,
    cpu_percent double precision,
    memory_percent double precision,
    disk_percent double precision,
    network_latency_ms double precision,
    transaction_count integer,
    transaction_volume double precision,
    error_rate double precision,
    active_connections integer,
    queue_depth integer,
    extra_metrics json,
    provenance varchar(20),
    collection_interval_seconds integer,
    CONSTRAINT device_metrics_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_device_metrics_device_timestamp ON device_metrics (device_id, "timestamp");
CREATE INDEX idx_device_metrics_timestamp ON device_metrics ("timestamp");
CREATE INDEX ix_device_metrics_device_id ON device_metrics (device_id);
CREATE INDEX ix_device_metrics_id ON device_metrics (id);
CREATE INDEX ix_device_metrics_provenance ON device_metrics (provenance);
CREATE INDEX ix_device_metrics_timestamp ON device_metrics ("timestamp");

CREATE TABLE device_state_history (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    device_id integer NOT NULL,
    previous_state varchar(50),
    new_state varchar(50) NOT NULL,
    changed_by varchar(255),
    reason varchar(500),
    extra_data json,
    provenance varchar(20),
    CONSTRAINT device_state_history_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_device_timestamp ON device_state_history (device_id, "timestamp");
CREATE INDEX ix_device_state_history_device_id ON device_state_history (device_id);
CREATE INDEX ix_device_state_history_id ON device_state_history (id);
CREATE INDEX ix_device_state_history_provenance ON device_state_history (provenance);
CREATE INDEX ix_device_state_history_timestamp ON device_state_history ("timestamp");

CREATE TABLE devices (
    id serial NOT NULL,
    device_id varchar(100) NOT NULL,
    name varchar(100) NOT NULL,
    device_type varchar(50) NOT NULL,
    status varchar(20),
    lifecycle_state varchar(20) NOT NULL,
    health_state varchar(20),
    site_id integer NOT NULL,
    enrollment_method varchar(50),
    enrollment_token varchar(255),
    lifecycle_epoch_id integer,
    ip_address varchar(45),
    mac_address varchar(17),
    os_details varchar(255),
    local_ip varchar(45),
    wan_ip varchar(45),
    firmware_version varchar(50),
    last_seen timestamptz,
    last_heartbeat_at timestamptz,
    peripherals json,
    device_permissions json,
    capabilities json,
    push_token varchar(512),
    push_channel varchar(20),
    config json,
    api_key_hash varchar(255),
    is_active boolean,
    is_monitored boolean,
    is_simulated boolean,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT devices_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_devices_id ON devices (id);
CREATE UNIQUE INDEX ix_devices_device_id ON devices (device_id);

CREATE TABLE enrolment_intents (
    id serial NOT NULL,
    intent_id varchar(36) NOT NULL,
    site_id integer NOT NULL,
    tenant_id integer,
    enrolment_method varchar(50) NOT NULL,
    expected_device_identity varchar(100),
    claim_token_hash varchar(255),
    expires_at timestamptz NOT NULL,
    consumed_at timestamptz,
    creator_id integer NOT NULL,
    status varchar(20) NOT NULL,
    idempotency_key varchar(100),
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT enrolment_intents_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_enrolment_intents_id ON enrolment_intents (id);
CREATE UNIQUE INDEX ix_enrolment_intents_idempotency_key ON enrolment_intents (idempotency_key);
CREATE UNIQUE INDEX ix_enrolment_intents_intent_id ON enrolment_intents (intent_id);

CREATE TABLE error_logs (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    category varchar(50) NOT NULL,
    severity varchar(20) NOT NULL,
    error_code varchar(50),
    error_message text NOT NULL,
    stack_trace text,
    endpoint varchar(255),
    user_id varchar(255),
    context json,
    resolved boolean,
    resolved_at timestamp,
    provenance varchar(20),
    CONSTRAINT error_logs_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_category_severity ON error_logs (category, severity);
CREATE INDEX idx_timestamp_category ON error_logs ("timestamp", category);
CREATE INDEX ix_error_logs_category ON error_logs (category);
CREATE INDEX ix_error_logs_error_code ON error_logs (error_code);
CREATE INDEX ix_error_logs_id ON error_logs (id);
CREATE INDEX ix_error_logs_provenance ON error_logs (provenance);
CREATE INDEX ix_error_logs_resolved ON error_logs (resolved);
CREATE INDEX ix_error_logs_severity ON error_logs (severity);
CREATE INDEX ix_error_logs_timestamp ON error_logs ("timestamp");
CREATE INDEX ix_error_logs_user_id ON error_logs (user_id);

CREATE TABLE health_checks (
    id integer NOT NULL,
    device_id integer NOT NULL,
    is_healthy boolean NOT NULL,
    response_time_ms integer,
    status_code integer,
    endpoint varchar(200),
    response_data json,
    error_message text,
    "timestamp" timestamptz NOT NULL,
    CONSTRAINT health_checks_pkey PRIMARY KEY (id, "timestamp")
);

CREATE TABLE job_outcomes (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    job_id varchar(255) NOT NULL,
    job_type varchar(100) NOT NULL,
    device_id varchar(255),
    status varchar(50) NOT NULL,
    duration_ms integer,
    error_code varchar(50),
    error_message text,
    retry_count integer,
    initiated_by varchar(255),
    extra_data json,
    provenance varchar(20),
    CONSTRAINT job_outcomes_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_job_status ON job_outcomes (job_type, status);
CREATE INDEX idx_timestamp_status ON job_outcomes ("timestamp", status);
CREATE INDEX ix_job_outcomes_device_id ON job_outcomes (device_id);
CREATE INDEX ix_job_outcomes_id ON job_outcomes (id);
CREATE INDEX ix_job_outcomes_job_id ON job_outcomes (job_id);
CREATE INDEX ix_job_outcomes_job_type ON job_outcomes (job_type);
CREATE INDEX ix_job_outcomes_provenance ON job_outcomes (provenance);
CREATE INDEX ix_job_outcomes_timestamp ON job_outcomes ("timestamp");

CREATE TABLE jobs (
    id serial NOT NULL,
    job_id varchar(100) NOT NULL,
    action varchar(100) NOT NULL,
    description text,
    priority varchar(20),
    status varchar(20),
    site_id integer NOT NULL,
    device_id integer,
    segment varchar(100),
    payload json,
    config_url varchar(500),
    config_version varchar(50),
    ttl_seconds integer,
    collapse_key varchar(100),
    scheduled_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    result json,
    error_message text,
    created_by integer NOT NULL,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT jobs_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_jobs_id ON jobs (id);
CREATE UNIQUE INDEX ix_jobs_job_id ON jobs (job_id);

CREATE TABLE lifecycle_epochs (
    id serial NOT NULL,
    epoch_id varchar(36) NOT NULL,
    device_id integer NOT NULL,
    site_id integer NOT NULL,
    tenant_id integer,
    claimed_at timestamptz NOT NULL,
    ended_at timestamptz,
    claim_token_hash varchar(255),
    enrolment_method varchar(50) NOT NULL,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT lifecycle_epochs_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_lifecycle_epochs_device_id ON lifecycle_epochs (device_id);
CREATE INDEX ix_lifecycle_epochs_id ON lifecycle_epochs (id);
CREATE UNIQUE INDEX ix_lifecycle_epochs_epoch_id ON lifecycle_epochs (epoch_id);

CREATE TABLE push_notification_logs (
    id serial NOT NULL,
    message_id varchar(100) NOT NULL,
    device_id varchar(100),
    job_id varchar(100),
    provider varchar(20) NOT NULL,
    payload json,
    sent_at timestamp NOT NULL,
    received_at timestamp,
    latency_ms integer,
    status varchar(20),
    error_code varchar(50),
    error_message text,
    CONSTRAINT push_notification_logs_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_push_device ON push_notification_logs (device_id);
CREATE INDEX idx_push_message_id ON push_notification_logs (message_id);
CREATE INDEX idx_push_status ON push_notification_logs (status);
CREATE INDEX ix_push_notification_logs_device_id ON push_notification_logs (device_id);
CREATE INDEX ix_push_notification_logs_id ON push_notification_logs (id);
CREATE INDEX ix_push_notification_logs_job_id ON push_notification_logs (job_id);
CREATE UNIQUE INDEX ix_push_notification_logs_message_id ON push_notification_logs (message_id);

CREATE TABLE site_memberships (
    id serial NOT NULL,
    user_id integer NOT NULL,
    site_id integer NOT NULL,
    role varchar(50),
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT site_memberships_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_site_memberships_id ON site_memberships (id);

CREATE TABLE site_operating_schedules (
    id serial NOT NULL,
    site_id integer NOT NULL,
    day_of_week integer NOT NULL,
    open_time time,
    close_time time,
    is_closed boolean,
    is_maintenance_window boolean,
    expected_transaction_volume integer,
    peak_hours_start time,
    peak_hours_end time,
    notes text,
    special_considerations json,
    CONSTRAINT site_operating_schedules_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_site_day ON site_operating_schedules (site_id, day_of_week);
CREATE INDEX ix_site_operating_schedules_id ON site_operating_schedules (id);
CREATE INDEX ix_site_operating_schedules_site_id ON site_operating_schedules (site_id);

CREATE TABLE sites (
    id serial NOT NULL,
    site_id varchar(50) NOT NULL,
    name varchar(100) NOT NULL,
    description text,
    location varchar(200),
    latitude double precision,
    longitude double precision,
    tenant_id integer,
    is_active boolean,
    is_monitored boolean,
    lifecycle_state varchar(20) NOT NULL,
    bootstrap_key_hash varchar(255),
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT sites_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_sites_id ON sites (id);
CREATE UNIQUE INDEX ix_sites_site_id ON sites (site_id);

CREATE TABLE tenant_memberships (
    id serial NOT NULL,
    user_id integer NOT NULL,
    tenant_id integer NOT NULL,
    role varchar(50),
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT tenant_memberships_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_tenant_memberships_id ON tenant_memberships (id);

CREATE TABLE tenants (
    id serial NOT NULL,
    name varchar(100) NOT NULL,
    slug varchar(50) NOT NULL,
    settings json,
    is_active boolean,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT tenants_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_tenants_id ON tenants (id);
CREATE UNIQUE INDEX ix_tenants_slug ON tenants (slug);

CREATE TABLE user_activities (
    id serial NOT NULL,
    "timestamp" timestamp NOT NULL,
    user_id varchar(255) NOT NULL,
    session_id varchar(255),
    activity_type varchar(50) NOT NULL,
    page_url varchar(500),
    element_id varchar(255),
    search_query text,
    extra_data json,
    duration_ms integer,
    CONSTRAINT user_activities_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_activity_type ON user_activities (activity_type);
CREATE INDEX idx_user_timestamp ON user_activities (user_id, "timestamp");
CREATE INDEX ix_user_activities_activity_type ON user_activities (activity_type);
CREATE INDEX ix_user_activities_id ON user_activities (id);
CREATE INDEX ix_user_activities_session_id ON user_activities (session_id);
CREATE INDEX ix_user_activities_timestamp ON user_activities ("timestamp");
CREATE INDEX ix_user_activities_user_id ON user_activities (user_id);

CREATE TABLE users (
    id serial NOT NULL,
    username varchar(50) NOT NULL,
    email varchar(100) NOT NULL,
    full_name varchar(100),
    hashed_password varchar(255) NOT NULL,
    api_key varchar(255),
    role varchar(50),
    is_active boolean,
    is_admin boolean,
    tenant_id integer,
    created_at timestamptz,
    updated_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_users_id ON users (id);
CREATE UNIQUE INDEX ix_users_api_key ON users (api_key);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE UNIQUE INDEX ix_users_username ON users (username);

-- Foreign keys come last: devices and lifecycle_epochs point at each other.
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs (id);
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE device_assignments ADD CONSTRAINT device_assignments_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE device_assignments ADD CONSTRAINT device_assignments_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE device_assignments ADD CONSTRAINT device_assignments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE device_commands ADD CONSTRAINT device_commands_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE device_credentials ADD CONSTRAINT device_credentials_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE device_lifecycle_events ADD CONSTRAINT device_lifecycle_events_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE device_lifecycle_events ADD CONSTRAINT device_lifecycle_events_epoch_id_fkey FOREIGN KEY (epoch_id) REFERENCES lifecycle_epochs (id);
ALTER TABLE device_lifecycle_events ADD CONSTRAINT device_lifecycle_events_triggered_by_device_id_fkey FOREIGN KEY (triggered_by_device_id) REFERENCES devices (id);
ALTER TABLE device_lifecycle_events ADD CONSTRAINT device_lifecycle_events_triggered_by_user_id_fkey FOREIGN KEY (triggered_by_user_id) REFERENCES users (id);
ALTER TABLE device_metrics ADD CONSTRAINT device_metrics_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE device_state_history ADD CONSTRAINT device_state_history_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE devices ADD CONSTRAINT devices_lifecycle_epoch_id_fkey FOREIGN KEY (lifecycle_epoch_id) REFERENCES lifecycle_epochs (id);
ALTER TABLE devices ADD CONSTRAINT devices_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE enrolment_intents ADD CONSTRAINT enrolment_intents_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES users (id);
ALTER TABLE enrolment_intents ADD CONSTRAINT enrolment_intents_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE enrolment_intents ADD CONSTRAINT enrolment_intents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE health_checks ADD CONSTRAINT health_checks_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE jobs ADD CONSTRAINT jobs_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id);
ALTER TABLE jobs ADD CONSTRAINT jobs_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE jobs ADD CONSTRAINT jobs_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE lifecycle_epochs ADD CONSTRAINT lifecycle_epochs_device_id_fkey FOREIGN KEY (device_id) REFERENCES devices (id);
ALTER TABLE lifecycle_epochs ADD CONSTRAINT lifecycle_epochs_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE lifecycle_epochs ADD CONSTRAINT lifecycle_epochs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE site_memberships ADD CONSTRAINT site_memberships_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE site_memberships ADD CONSTRAINT site_memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE site_operating_schedules ADD CONSTRAINT site_operating_schedules_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
ALTER TABLE sites ADD CONSTRAINT sites_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE tenant_memberships ADD CONSTRAINT tenant_memberships_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE tenant_memberships ADD CONSTRAINT tenant_memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE users ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id);
