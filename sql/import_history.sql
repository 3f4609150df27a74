-- Old stage logs become histories with their true times.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET timezone TO 'Pacific/Chatham';                  -- the workspace's zone counts, not the session's
SELECT leadcrm.create_workspace('history');
SET search_path TO history, public;
INSERT INTO source (code, label) VALUES ('旧系统', '旧系统'), ('展会', '展会');
INSERT INTO lead (id, name, phone, first_source, external_id, created_at, kind, stage, expected_amount) VALUES
    (1, '王芳', '13800138001', '旧系统', 'A1', '2025-01-05 09:00+08', 'contact', NULL,          NULL),
    (2, '李雷', '13800138002', '旧系统', 'A2', NULL,                  'contact', 'negotiation', 90000),
    (3, '张伟', '13800138003', '旧系统', 'A3', NULL,                  'project', NULL,          NULL),
    (4, '王芳', '13800138001', '展会',   'A9', NULL,                  'contact', NULL,          NULL),
    (5, '刘洋', '13800138005', '展会',   'A1', NULL,                  'contact', NULL,          NULL),
    (6, '陈静', '13800138006', '旧系统', 'A6', NULL,                  'contact', NULL,          NULL),
    (7, '赵敏', '13800138007', '旧系统', 'A7', NULL,                  'contact', 'proposal',    NULL);
-- What happened at the time of the test has no time here.
CREATE VIEW public.leads AS
SELECT id, process, stage, CASE WHEN stage_since < '2026-01-01' THEN to_char(stage_since AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') END AS since,
       won_at IS NOT NULL AS won, won_amount, lost_at IS NOT NULL AS lost, loss_reason, loss_note, competitor
  FROM history.lead WHERE merged_into IS NULL ORDER BY id;
CREATE VIEW public.changes AS
SELECT lead_id AS lead, position AS p, from_stage, to_stage,
       CASE WHEN at < '2026-01-01' THEN to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') END AS at, cause, reason, amount
  FROM history.stage_change ORDER BY lead_id, position;
SELECT * FROM changes;

SELECT create_staging('旧日志', '{编号,来源,阶段,时间,原因,金额,备注,操作人}');
INSERT INTO 旧日志 (编号, 来源, 阶段, 时间, 原因, 金额, 备注, 操作人) VALUES
    ('A1', '旧系统', '初次联系', '2025-01-06 10:00', NULL, NULL, '电话', '小王'),   -- 1
    ('A1', '旧系统', '赢单',     '2025-03-15',       NULL, '8万', NULL, NULL),
    ('A1', '旧系统', '需求分析', '2025/1/8',         NULL, NULL, NULL, NULL),       -- two on one day: as the lines are
    ('A1', '旧系统', '方案提供', '2025-01-08',       NULL, NULL, NULL, NULL),
    ('A1', '旧系统', '方案提供', '2025-01-10',       NULL, NULL, NULL, NULL),       -- 5: no change
    ('A1', '旧系统', '输单',     '2025-02-01',       '价格过高', NULL, '超预算', NULL),
    ('A1', '旧系统', '商务谈判', '2025-03-01',       NULL, NULL, NULL, NULL),
    ('A2', '旧系统', '新线索',   '2024-12-01',       NULL, NULL, NULL, NULL),
    ('A2', '旧系统', '报价中',   '2024-12-20',       NULL, NULL, NULL, NULL),       -- another name
    ('A3', NULL,     '方案提交', '2025-05-05',       NULL, NULL, NULL, NULL),       -- 10: by its own process
    ('A6', '旧系统', '输单',     '2025-06-06',       '客户倒闭', NULL, NULL, NULL),
    ('A6', '旧系统', '输单',     '2025-06-06',       NULL, NULL, '不明原因', NULL),
    ('A7', '旧系统', 'Proposal', '2025-07-07',       NULL, NULL, NULL, NULL),
    ('A1', '旧系统', '初次联系', '2025-01-06 10:00:00', NULL, NULL, NULL, NULL),    -- the same again
    ('A2', '旧系统', '验收',     '2025-01-01',       NULL, NULL, NULL, NULL),       -- 15: no such stage
    ('A2', '旧系统', NULL,       '2025-01-01',       NULL, NULL, NULL, NULL),
    ('A2', '旧系统', '赢单',     NULL,               NULL, NULL, NULL, NULL),
    ('A2', '旧系统', '赢单',     '去年',             NULL, NULL, NULL, NULL),
    ('A2', '旧系统', '赢单',     '2925-01-01',       NULL, NULL, NULL, NULL),
    ('A2', '旧系统', '赢单',     '2025-01-01',       NULL, '很多', NULL, NULL),     -- 20
    ('A1', NULL,     '赢单',     '2025-01-01',       NULL, NULL, NULL, NULL),
    ('A8', '旧系统', '赢单',     '2025-01-01',       NULL, NULL, NULL, NULL),
    (NULL, '旧系统', '赢单',     '2025-01-01',       NULL, NULL, NULL, NULL),
    ('A9', '展会',   '赢单',     '2025-01-01',       NULL, NULL, NULL, NULL),
    ('A3', '旧系统', '方案提供', '2025-01-01',       NULL, NULL, NULL, NULL);       -- 25: of the other process
\set mapping '{"编号": "external_id", "来源": "source", "阶段": "stage", "时间": "at", "原因": "reason", "金额": "amount", "备注": "note", "操作人": "actor"}'
SELECT * FROM import_history('旧日志', mapping => :'mapping', stages => '{"报价中": "方案提供"}');
SELECT * FROM leads;
SELECT * FROM changes;
SELECT id, lifecycle FROM lead WHERE id IN (1, 3, 6) ORDER BY id;
SELECT note, actor FROM stage_change WHERE cause = 'import' AND (note IS NOT NULL OR actor <> current_user) ORDER BY lead_id, position;
SELECT lead_id, actor = current_user AS me, data FROM event WHERE kind = 'history.imported';
SELECT item, problem FROM leadcrm.check_workspace('history') WHERE severity = 'error';

-- Again: nothing changes, not even a row's place.
SELECT md5(string_agg(concat(ctid, xmin, l), '' ORDER BY id)) AS leads FROM lead l \gset
SELECT md5(string_agg(concat(ctid, xmin, c), '' ORDER BY lead_id, position)) AS changes FROM stage_change c \gset
SELECT outcome, count(*) FROM import_history('旧日志', mapping => :'mapping', stages => '{"报价中": "方案提供"}') GROUP BY 1 ORDER BY 1;
SELECT md5(string_agg(concat(ctid, xmin, l), '' ORDER BY id)) = :'leads' AS same_leads FROM lead l;
SELECT md5(string_agg(concat(ctid, xmin, c), '' ORDER BY lead_id, position)) = :'changes' AS same_changes FROM stage_change c;
SELECT count(*) FROM event WHERE kind = 'history.imported';

-- What happens here goes on from there, and a later log of what was before goes
-- in between.
UPDATE lead SET stage = 'negotiation' WHERE id = 1;
UPDATE lead SET stage = 'won' WHERE id = 2;
CREATE TABLE more (line int, lead_id bigint, stage text, at timestamptz);
INSERT INTO more VALUES (2, 1, 'analysis', '2025-03-02 00:00+08'), (1, 1, 'proposal', '2025-03-02 00:00+08'), (3, 2, 'analysis', '2024-12-10 00:00+08');
SELECT * FROM import_history('more');
SELECT * FROM changes WHERE lead <= 2;
SELECT * FROM leads WHERE id <= 2;
SELECT item, problem FROM leadcrm.check_workspace('history') WHERE severity = 'error';
-- A date is one of the workspace's.
DROP TABLE more;
CREATE TABLE more (line int, external_id text, stage text, at date);
INSERT INTO more VALUES (1, 'A3', 'contacted', '2025-05-01');
SELECT * FROM import_history('more', source => '旧系统');
SELECT * FROM changes WHERE lead = 3;

-- What cannot be a log
SELECT import_history(NULL);
SELECT import_history('more', mapping => '[]');
SELECT import_history('more', mapping => '{"when": "at"}');
SELECT import_history('more', mapping => '{"at": "moment"}');
SELECT import_history('more', mapping => '{"at": {"field": "at", "format": "Q"}}');
SELECT import_history('more', mapping => '{"at": "stage"}');
ALTER TABLE more RENAME external_id TO id;
SELECT import_history('more');
ALTER TABLE more RENAME id TO external_id;
INSERT INTO more VALUES (1, 'A3', 'contacted', '2025-05-02');
SELECT import_history('more');
UPDATE more SET line = NULL;
SELECT import_history('more');
ALTER TABLE more DROP line;
SELECT import_history('more');

DROP VIEW leads, changes;
SELECT leadcrm.drop_workspace('history', 7);
