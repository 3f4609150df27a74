-- The order of work on a lead is the order of the triggers' names.
CREATE OR REPLACE TRIGGER lead_00_begin BEFORE INSERT OR UPDATE ON lead
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
CREATE OR REPLACE TRIGGER lead_00_truncate BEFORE TRUNCATE ON lead
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
CREATE OR REPLACE TRIGGER lead_10_normalize BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.normalize();
CREATE OR REPLACE TRIGGER lead_20_dedup BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup();
CREATE OR REPLACE TRIGGER lead_30_stage BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.stage();
CREATE OR REPLACE TRIGGER lead_40_score BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.score();
CREATE OR REPLACE TRIGGER lead_50_assign BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.assign();
CREATE OR REPLACE TRIGGER lead_55_recycle BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.recycle();
CREATE OR REPLACE TRIGGER lead_60_insert AFTER INSERT ON lead REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
CREATE OR REPLACE TRIGGER lead_60_update AFTER UPDATE ON lead
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
CREATE OR REPLACE TRIGGER lead_60_cube AFTER UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.cube();
CREATE OR REPLACE TRIGGER lead_60_delete AFTER DELETE ON lead REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();

-- Behaviour and signals of a lead follow its activities.
CREATE OR REPLACE TRIGGER activity_00_begin BEFORE INSERT ON activity
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
CREATE OR REPLACE TRIGGER activity_10_insert AFTER INSERT ON activity REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
CREATE OR REPLACE TRIGGER activity_10_update AFTER UPDATE ON activity REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
CREATE OR REPLACE TRIGGER activity_10_delete AFTER DELETE ON activity REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
CREATE OR REPLACE TRIGGER activity_10_truncate AFTER TRUNCATE ON activity
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();

-- What happened may move the lead.
CREATE OR REPLACE TRIGGER activity_20_stage AFTER INSERT ON activity REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.stage();

CREATE OR REPLACE TRIGGER check_identity_rule BEFORE INSERT OR UPDATE ON identity_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_identity_rule();

CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON score_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition', 'score');
CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON intent_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition', 'score');
CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON assignment_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');
CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON pool_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');
CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON approval_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');

CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON process
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');
CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON transition
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');
CREATE OR REPLACE TRIGGER check_transition BEFORE INSERT OR UPDATE ON transition
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_transition();
CREATE OR REPLACE TRIGGER check_rules BEFORE INSERT OR UPDATE ON stage_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');

-- Teams and territories are trees.
CREATE OR REPLACE TRIGGER check_tree AFTER INSERT OR UPDATE OR DELETE ON team
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_tree();
CREATE OR REPLACE TRIGGER check_tree AFTER INSERT OR UPDATE OR DELETE ON territory
    FOR EACH ROW EXECUTE FUNCTION leadcrm.check_tree();

-- Whom a lead names stays, and keeps its code.
CREATE OR REPLACE TRIGGER guard_key AFTER UPDATE OR DELETE ON rep
    FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_key('owner');
CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON rep
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.guard_key('owner');
CREATE OR REPLACE TRIGGER guard_key AFTER UPDATE OR DELETE ON team
    FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_key('team');
CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON team
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.guard_key('team');
CREATE OR REPLACE TRIGGER guard_key AFTER UPDATE OR DELETE ON pool
    FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_key('pool');
CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON pool
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.guard_key('pool');

-- What a stage means stays as long as leads are in it.
CREATE OR REPLACE TRIGGER guard_stage AFTER INSERT OR UPDATE OR DELETE ON stage
    FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_stage();
CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON stage
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.guard_stage();

-- Every session hears of a change of configuration, on a replica too.
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON identity_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON identity_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE identity_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE identity_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON source
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON source
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE source ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE source ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON industry
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON industry
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE industry ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE industry ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON product_line
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON product_line
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE product_line ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE product_line ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON score_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON score_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE score_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE score_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON score_cap
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON score_cap
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE score_cap ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE score_cap ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON half_life
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON half_life
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE half_life ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE half_life ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON activity_kind
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON activity_kind
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE activity_kind ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE activity_kind ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON intent_level
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON intent_level
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE intent_level ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE intent_level ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON intent_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON intent_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE intent_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE intent_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON pool_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON pool_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE pool_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE pool_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON team
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON team
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE team ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE team ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON rep
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON rep
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE rep ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE rep ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON rep_absence
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON rep_absence
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE rep_absence ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE rep_absence ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON rep_skill
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON rep_skill
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE rep_skill ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE rep_skill ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON territory
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON territory
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE territory ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE territory ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON territory_rep
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON territory_rep
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE territory_rep ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE territory_rep ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON pool
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON pool
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE pool ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE pool ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON calendar
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON calendar
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE calendar ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE calendar ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON calendar_hours
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON calendar_hours
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE calendar_hours ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE calendar_hours ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON assignment_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON assignment_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE assignment_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE assignment_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON process
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON process
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE process ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE process ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON stage
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON stage
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE stage ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE stage ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON transition
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON transition
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE transition ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE transition ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON stage_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON stage_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE stage_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE stage_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON loss_reason
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON loss_reason
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE loss_reason ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE loss_reason ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON approval_rule
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON approval_rule
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE approval_rule ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE approval_rule ENABLE ALWAYS TRIGGER config_truncated;
CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON workspace
    FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
CREATE OR REPLACE TRIGGER config_truncated AFTER TRUNCATE ON workspace
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
ALTER TABLE workspace ENABLE ALWAYS TRIGGER config_changed;
ALTER TABLE workspace ENABLE ALWAYS TRIGGER config_truncated;
