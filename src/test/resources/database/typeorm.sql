-- A database of a Carol that is written with TypeORM: quoted names, uuid ids made by uuid_generate_v4-like defaults, a
-- required e-mail address, and a migrations table of its own.
CREATE TABLE "migrations" (
    "id"        SERIAL NOT NULL,
    "timestamp" bigint NOT NULL,
    "name"      character varying NOT NULL,
    CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY ("id")
);
INSERT INTO "migrations" ("timestamp", "name")
VALUES (1700000000001, 'CreateUsers1700000000001'),
       (1700000000002, 'CreateConversations1700000000002');

CREATE TYPE "users_role_enum" AS ENUM ('admin', 'member');
CREATE TABLE "users" (
    "id"           uuid NOT NULL DEFAULT gen_random_uuid(),
    "email"        character varying NOT NULL,
    "passwordHash" character varying NOT NULL,
    "role"         "users_role_enum" NOT NULL DEFAULT 'member',
    "createdAt"    TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    CONSTRAINT "UQ_97672ac88f789774dd47f7c8be3" UNIQUE ("email"),
    CONSTRAINT "PK_a3ffb1c0c8416b9fc6f907b7433" PRIMARY KEY ("id")
);
INSERT INTO "users" ("id", "email", "passwordHash", "role")
VALUES ('6f1f3a52-5b0e-4b3c-9f4e-0a8a4d1c7e11', 'ada@carol.example', 'x', 'admin'),
       ('0d9a2c0e-8f7b-4f0a-8b1c-3f5d7e9a1b2c', 'bob@carol.example', 'x', 'member');

CREATE TABLE "conversations" (
    "id"     uuid NOT NULL DEFAULT gen_random_uuid(),
    "title"  character varying NOT NULL,
    "userId" uuid NOT NULL,
    CONSTRAINT "PK_ee34f4f7ced4ec8681f26bf04ef" PRIMARY KEY ("id"),
    CONSTRAINT "FK_a9b3b5d51da1c75242055338b59" FOREIGN KEY ("userId") REFERENCES "users" ("id") ON DELETE CASCADE
);
INSERT INTO "conversations" ("title", "userId") VALUES ('Hello', '6f1f3a52-5b0e-4b3c-9f4e-0a8a4d1c7e11');
