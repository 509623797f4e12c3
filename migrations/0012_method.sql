-- Which method made an assessment: levels of two methods never share a band. What was assessed before this
-- column was made by the first, and waits for a new reading.
ALTER TABLE assessments ADD COLUMN method TEXT NOT NULL DEFAULT 'urval-score/1';
