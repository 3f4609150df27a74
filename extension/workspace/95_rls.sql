-- Rows about persons.  ENABLE, never FORCE: the owner's COPY and pg_dump pass.
-- Only reading: nobody but the owner writes these tables directly.  Reps and
-- managers read the v_* views; the policies hold where somebody is granted a
-- table as well.
ALTER TABLE lead ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS lead_read ON lead;
CREATE POLICY lead_read ON lead FOR SELECT
    USING ((SELECT sees_all()) OR owner = ANY ((SELECT my_reps())::text[]));

ALTER TABLE identity ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS identity_read ON identity;
CREATE POLICY identity_read ON identity FOR SELECT USING ((SELECT sees_all()));

ALTER TABLE duplicate ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS duplicate_read ON duplicate;
CREATE POLICY duplicate_read ON duplicate FOR SELECT USING ((SELECT sees_all()));

ALTER TABLE merge_log ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS merge_log_read ON merge_log;
CREATE POLICY merge_log_read ON merge_log FOR SELECT USING ((SELECT sees_all()));

ALTER TABLE activity ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS activity_read ON activity;
CREATE POLICY activity_read ON activity FOR SELECT
    USING ((SELECT sees_all()) OR lead_id IN (SELECT l.id FROM lead l WHERE l.owner = ANY ((SELECT my_reps())::text[])));

ALTER TABLE assignment_log ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS assignment_log_read ON assignment_log;
CREATE POLICY assignment_log_read ON assignment_log FOR SELECT
    USING ((SELECT sees_all()) OR lead_id IN (SELECT l.id FROM lead l WHERE l.owner = ANY ((SELECT my_reps())::text[])));

ALTER TABLE stage_change ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS stage_change_read ON stage_change;
CREATE POLICY stage_change_read ON stage_change FOR SELECT
    USING ((SELECT sees_all()) OR lead_id IN (SELECT l.id FROM lead l WHERE l.owner = ANY ((SELECT my_reps())::text[])));

ALTER TABLE task ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS task_read ON task;
CREATE POLICY task_read ON task FOR SELECT
    USING ((SELECT sees_all()) OR owner = ANY ((SELECT my_reps())::text[]));

ALTER TABLE approval ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS approval_read ON approval;
CREATE POLICY approval_read ON approval FOR SELECT
    USING ((SELECT sees_all()) OR lead_id IN (SELECT l.id FROM lead l WHERE l.owner = ANY ((SELECT my_reps())::text[])));

ALTER TABLE approval_step ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS approval_step_read ON approval_step;
CREATE POLICY approval_step_read ON approval_step FOR SELECT
    USING ((SELECT sees_all()) OR approval IN (SELECT a.id FROM approval a JOIN lead l ON l.id = a.lead_id
                                                WHERE l.owner = ANY ((SELECT my_reps())::text[])));

ALTER TABLE intake ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS intake_read ON intake;
CREATE POLICY intake_read ON intake FOR SELECT USING ((SELECT sees_all()));

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS event_read ON event;
CREATE POLICY event_read ON event FOR SELECT USING ((SELECT sees_all()));

