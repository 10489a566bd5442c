-- depends: 0007_key_scopes

-- `owner` is the HOMEPOT user's email, or the name of the key that asks for itself.
CREATE TABLE ai_conversations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner text NOT NULL,
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE INDEX ai_conversations_owner ON ai_conversations (owner, last_at DESC);
CREATE INDEX ai_conversations_last ON ai_conversations (last_at);

CREATE TABLE ai_turns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation uuid NOT NULL REFERENCES ai_conversations ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    content text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ai_turns_conversation ON ai_turns (conversation, id);

CREATE TABLE ai_preferences (
    owner text PRIMARY KEY,
    mode text NOT NULL CHECK (mode IN ('maintenance', 'predictive', 'executive')),
    updated_at timestamptz NOT NULL
);
