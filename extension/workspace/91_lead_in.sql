-- The INSERT and COPY face for applications.  OFFSET 0 keeps PostgreSQL from
-- making the view updatable by itself.
CREATE OR REPLACE VIEW lead_in WITH (security_barrier) AS
SELECT id, kind, name, company, title, phone, email, wechat, unionid, tax_id, address, region,
       industry, product_line, company_size, budget_min, budget_max, budget_status,
       first_source, last_source, last_form, campaign, partner, external_id,
       project_name, expected_amount, currency, expected_close_on, attrs
  FROM lead
 WHERE merged_into IS NULL AND sees_all()
OFFSET 0;

CREATE OR REPLACE TRIGGER lead_in_insert INSTEAD OF INSERT ON lead_in
    FOR EACH ROW EXECUTE FUNCTION leadcrm.lead_in();
