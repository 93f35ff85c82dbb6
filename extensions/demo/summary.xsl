<?xml version="1.0" encoding="UTF-8"?>
<!-- The document's contents as plain text: sections, figures, and how many of each. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:h="http://www.w3.org/1999/xhtml" xmlns:c="urn:pyroxene:crystal">
  <xsl:output method="text" encoding="UTF-8"/>
  <xsl:param name="indent" select="'  '"/>
  <xsl:template match="/">
    <xsl:value-of select="normalize-space(//h:title)"/>
    <xsl:text>&#10;</xsl:text>
    <xsl:for-each select="//h:section">
      <xsl:value-of select="concat($indent, position(), '. ', h:h2)"/>
      <xsl:variable name="kinds" select="count(.//c:structure) + count(.//h:table) + count(.//c:element)"/>
      <xsl:if test="$kinds &gt; 0">
        <xsl:value-of select="concat(' (', count(.//c:structure), ' structures, ', count(.//h:tbody/h:tr),
                                     ' rows, ', count(.//c:element), ' elements)')"/>
      </xsl:if>
      <xsl:text>&#10;</xsl:text>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
